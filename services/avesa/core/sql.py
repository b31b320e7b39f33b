"""The transform's SQL, built from checked identifiers; files and values are quoted literals.

raw files ─▶ versions   every record, mapped, cast, checked
          ─▶ fresh      the newest good version of each key in this batch
          ─▶ changed    the keys whose published row differs from it
          ─▶ final      the rows that take their place
"""

import json
import re
from collections.abc import Iterable, Sequence

from avesa.core.contract import SYSTEM, Column, Contract
from avesa.core.entity import Entity

_SELECT = re.compile(r"\A(?:\s+|--[^\n]*\n|/\*.*?\*/)*select\b", re.IGNORECASE | re.DOTALL)
_CARRIED = "source_updated_at as _updated, pulled_at as _pulled, content_hash as _hash, record_id as _record, "


def name(identifier: str) -> str:
    """An identifier, quoted."""
    return '"' + identifier.replace('"', '""') + '"'


def lit(text: str) -> str:
    """A text literal, quoted."""
    return "'" + text.replace("'", "''") + "'"


def parquet(files: Iterable[str]) -> str:
    """A scan of Parquet files, their columns matched by name."""
    return f"read_parquet([{', '.join(map(lit, files))}], union_by_name = true)"


def columns(contract: Contract) -> tuple[Column, ...]:
    """Every column of a published table, in order."""
    return (*contract.columns, *SYSTEM)


def versions(contract: Contract, entity: Entity, tenant: str, outputs: Sequence[str], mapping: str, scan: str) -> str:
    """Every record of an entity as a canonical row, with what is broken in it."""
    chosen = set(outputs)
    own = ",\n            ".join(_cast(column, chosen, entity.source) for column in contract.columns)
    checks = [check for column in contract.columns for check in _checks(column, chosen)]
    return f"""
        select {own},
            {lit(tenant)} as tenant, {lit(entity.source)} as source, source_id::varchar as source_id,
            _updated as updated_at_source,
            {_or("is_deleted", "boolean", chosen, "false")} as is_deleted,
            {_or("deleted_at", "timestamptz", chosen)} as deleted_at,
            {_or("delete_cause", "varchar", chosen)} as delete_cause,
            _pulled as first_seen_at, _pulled as loaded_at, {lit(mapping)} as mapping_version, _hash as content_hash,
            nullif(concat_ws('; ', {", ".join(checks)}), '') as _broken, _record, {lit(entity.name)} as _entity
        from ({mapped(entity, scan)}) as mapped
    """


def graves(entity: Entity, scan: str) -> str:
    """Deletions that a tombstone entity tells of: the latest of each key."""
    told = "try_cast(deleted_at as timestamptz)"
    return f"""
        select {lit(entity.source + ":")} || source_id as key, max({told}) as deleted_at,
            arg_max(delete_cause::varchar, {told}) as delete_cause
        from ({mapped(entity, scan)}) as told where source_id is not null and {told} is not null group by 1
    """


def mapped(entity: Entity, scan: str) -> str:
    """A mapping's SELECT over the relation it reads: each payload parsed once by the declared shape (T17).

    The columns that identify a record are put before the mapping's own.
    """
    match = _SELECT.match(entity.select)
    if match is None:
        raise ValueError("a checked mapping begins with select")
    return f"""
        with record as (
            select record_id, source_updated_at, pulled_at, payload,
                (md5_number_lower(payload) >> 1)::bigint as content_hash,
                json_transform(payload, {lit(json.dumps(entity.shape))}) as r, {_custom(entity.custom)} as custom_fields
            from {scan}
        )
        select {_CARRIED}{entity.select[match.end() :]}
    """


def _custom(pattern: str) -> str:
    """A tenant's own fields as JSON, in the order of their names and all text, as REST and CSV payloads agree on.

    They are found by text, at a quarter of what parsing every field for them costs: inside a JSON text a quote is
    escaped, so a name between bare quotes is one. Nulls and empty texts do not match.
    """
    if not pattern:
        return "null::varchar"
    name = '"' + pattern.replace("*", r"\w+") + '"'
    found = lit(name + r'\s*:\s*(?:"(?:\\.|[^"\\])+"|-?[0-9][-+.0-9eE]*|true|false)')
    quoted = """case when ends_with(f, '"') then f else regexp_replace(f, ':\\s*', ':"') || '"' end"""
    fields = f"list_sort(list_transform(regexp_extract_all(payload, {found}), lambda f: {quoted}))"
    part = max(f'"{pattern}"'.split("*"), key=len)
    return (
        f"case when contains(payload, {lit(part)}) then '{{' || list_aggregate({fields}, 'string_agg', ',') || '}}' end"
    )


def _cast(column: Column, chosen: set[str], source: str) -> str:
    if column.key:
        return f"{lit(source + ':')} || source_id as {name(column.name)}"
    if column.name not in chosen:
        return f"null::{column.type} as {name(column.name)}"
    return f"try_cast({name(column.name)} as {column.type}) as {name(column.name)}"


def _checks(column: Column, chosen: set[str]) -> Iterable[str]:
    """What must hold of a column, each as text that is null when it does."""
    held = name(column.name)
    if column.key:
        yield "case when source_id is null or _updated is null then 'no id or no change time' end"
    elif column.name in chosen:
        cast = f"try_cast({held} as {column.type})"
        if column.type != "VARCHAR":
            said = lit(f"{column.name} is no {column.type}")
            yield f"case when {held} is not null and {cast} is null then {said} end"
        if column.not_null:
            yield f"case when {held} is null then {lit(f'{column.name} is missing')} end"
        if column.allowed:
            said = lit(f"{column.name} is not in its set")
            yield f"case when {held} not in ({', '.join(map(lit, column.allowed))}) then {said} end"
    elif column.not_null:
        yield lit(f"{column.name} is missing")


def _or(column: str, type_: str, chosen: set[str], otherwise: str = "null") -> str:
    if column not in chosen:
        return f"{otherwise}::{type_}"
    return f"coalesce(try_cast({column} as {type_}), {otherwise}::{type_})"


def fresh(key: str) -> str:
    """The newest good version of each key in a batch; the order does not depend on how rows arrived."""
    return f"""
        select {name(key)} as key, arg_max(rowid, (updated_at_source, loaded_at, content_hash)) as rid,
            max((updated_at_source, loaded_at, content_hash)) as place, min(first_seen_at) as first_seen_at
        from versions where _broken is null group by 1
    """


def twice(key: str) -> str:
    """A key that two records of one batch share: the mapping's source_id is not the record's id."""
    return f"""
        select {name(key)} from versions where _broken is null
        group by 1 having count(distinct (_entity, _record)) > 1 limit 1
    """


NEWER = """(f.place[1] > e.updated_at_source or (f.place[1] = e.updated_at_source
    and f.place[3] <> e.content_hash and f.place[2] >= e.loaded_at))"""
"""Whether a version takes the place of the published one: later, or another record of the same second pulled later."""

_BURIES = """g.deleted_at >= coalesce(greatest(f.place[1], e.updated_at_source), f.place[1], e.updated_at_source)"""

CHANGED = f"""
    select coalesce(f.key, g.key) as key, e.key is null as is_new,
        f.key is not null and (e.key is null or {NEWER}) as takes,
        coalesce({_BURIES} and not coalesce(e.is_deleted and e.deleted_at >= g.deleted_at, false), false) as dies
    from fresh f full join graves g on g.key = f.key left join existing e on e.key = coalesce(f.key, g.key)
    where (f.key is not null and (e.key is null or {NEWER} or f.first_seen_at < e.first_seen_at))
        or (g.key is not null and (e.key is not null or f.key is not null)
            and {_BURIES} and not coalesce(e.is_deleted and e.deleted_at >= g.deleted_at, false))
"""
"""Keys whose published row changes: new ones, newer ones, ones seen earlier than was known, and deleted ones."""


def final(contract: Contract, old: str | None) -> str:
    """The rows that take the place of changed keys' rows; `old` scans the files that hold them now."""
    kept = f"union all by name select *, false as _takes from ({old})" if old else ""
    names = [column.name for column in columns(contract)]
    plain = [n for n in names if n not in {"first_seen_at", "is_deleted", "deleted_at", "delete_cause"}]
    dead = "(g.key is not null and g.deleted_at >= b.updated_at_source)"
    was = "(coalesce(e.is_deleted, false) and e.deleted_at >= b.updated_at_source)"
    return f"""
        with base as (
            select v.*, true as _takes from versions v join fresh f on f.rid = v.rowid
                join changed c on c.key = f.key and c.takes
            {kept}
        )
        select {", ".join(f"b.{name(n)}" for n in plain)},
            least(b.first_seen_at, e.first_seen_at, f.first_seen_at) as first_seen_at,
            b.is_deleted or {dead} or {was} as is_deleted,
            case when {dead} then g.deleted_at when {was} then e.deleted_at else b.deleted_at end as deleted_at,
            case when {dead} then coalesce(b.delete_cause, g.delete_cause, 'deleted') when {was} then e.delete_cause
                else b.delete_cause end as delete_cause,
            e.file as _file
        from base b join changed c on c.key = b.{name(contract.key)} and c.takes = b._takes
            left join existing e on e.key = c.key left join fresh f on f.key = c.key left join graves g on g.key = c.key
    """


HISTORY = (
    Column("valid_from", "TIMESTAMPTZ", "From when the row was so.", not_null=True),
    Column("valid_to", "TIMESTAMPTZ", "Until when; empty while it is so."),
    Column("is_current", "BOOLEAN", "Whether it is so now.", not_null=True),
    Column("version", "BIGINT", "1 for the oldest state that was seen.", not_null=True),
)
"""What a history table has beside its table's columns: slowly changing dimension, type 2."""


def unseen(key: str) -> str:
    """Versions of a batch that the history does not hold, or saw later: one of each (key, time, record)."""
    return f"""
        select arg_min(v.rowid, v.first_seen_at) as rid, any_value(v.{name(key)}) as key from versions v
        where v._broken is null and not exists (
            select 1 from told e where e.key = v.{name(key)} and e.updated_at_source = v.updated_at_source
                and e.content_hash = v.content_hash and e.first_seen_at <= v.first_seen_at
        )
        group by v.{name(key)}, v.updated_at_source, v.content_hash
    """


def history(contract: Contract, old: str | None) -> str:
    """All versions of the keys that have unseen ones, in order, each valid until the next."""
    names = [column.name for column in columns(contract)]
    listed = ", ".join(map(name, names))
    kept = f"union all by name select {listed} from ({old})" if old else ""
    order = "order by updated_at_source, first_seen_at, content_hash"
    key = name(contract.key)
    return f"""
        with every as (
            select {", ".join(f"v.{name(n)}" for n in names)} from versions v join unseen u on u.rid = v.rowid {kept}
        ),
        single as (
            select * from every
            qualify row_number() over (
                partition by {key}, updated_at_source, content_hash order by first_seen_at) = 1
        )
        select s.*, updated_at_source as valid_from,
            lead(updated_at_source) over (partition by {key} {order}) as valid_to,
            lead(updated_at_source) over (partition by {key} {order}) is null as is_current,
            row_number() over (partition by {key} {order}) as version,
            h.file as _file
        from single s left join (select key, min(file) as file from told group by key) h on h.key = s.{key}
    """


QUARANTINE = (
    Column("quarantine_key", "VARCHAR", "The source, its entity and the record's id.", key=True, not_null=True),
    Column("tenant", "VARCHAR", "The tenant.", not_null=True),
    Column("source", "VARCHAR", "The source.", not_null=True),
    Column("entity", "VARCHAR", "The source's collection.", not_null=True),
    Column("source_id", "VARCHAR", "The record's id.", not_null=True),
    Column("updated_at_source", "TIMESTAMPTZ", "When the source changed it last."),
    Column("reason", "VARCHAR", "What is broken in it.", not_null=True),
    Column("payload", "VARCHAR", "The record as it was received."),
    Column("quarantined_at", "TIMESTAMPTZ", "When avesa pulled it.", not_null=True),
    Column("mapping_version", "VARCHAR", "The mapping that it broke.", not_null=True),
)
"""The columns of every `<table>_quarantine`."""


def judged() -> str:
    """The newest version of every record of a batch, good or broken, with its quarantine key."""
    return """
        select source || ':' || _entity || ':' || _record as key, tenant, source, _entity as entity,
            _record as source_id, updated_at_source, _broken as reason, loaded_at as quarantined_at, mapping_version
        from versions
        qualify row_number() over (partition by source, _entity, _record
            order by updated_at_source desc, loaded_at desc, content_hash desc) = 1
    """


def quarantined(scans: Sequence[str]) -> str:
    """The rows of broken records, their payloads read again from raw."""
    payloads = " union all by name ".join(
        f"select record_id, source_updated_at, entity, payload from {s}" for s in scans
    )
    return f"""
        select j.key as quarantine_key, j.tenant, j.source, j.entity, j.source_id, j.updated_at_source, j.reason,
            any_value(p.payload) as payload, j.quarantined_at, j.mapping_version, any_value(q.file) as _file
        from judged j left join ({payloads}) p on p.entity = j.entity and p.record_id = j.source_id
            and p.source_updated_at is not distinct from j.updated_at_source
        left join held q on q.key = j.key
        where j.reason is not null and exists (select 1 from shut c where c.key = j.key)
        group by all
    """


SHUT = """
    select j.key from judged j left join held q on q.key = j.key
    where (j.reason is not null and (q.key is null or j.updated_at_source > q.updated_at_source))
        or (j.reason is null and q.key is not null and j.updated_at_source >= q.updated_at_source)
"""
"""Quarantined records that change: newly broken ones, and those that a good version has mended."""

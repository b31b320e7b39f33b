"""The transform's SQL, built from checked identifiers; files and values are quoted literals.

raw files ─▶ versions          every record, mapped, cast, checked          here
          ─▶ graves            deletions that are told of beside the records
versions  ─▶ fresh             the newest good version of each key          sql_merge.py
          ─▶ changed ─▶ final  the keys whose published row changes, and the rows that take their place
versions  ─▶ unseen  ─▶ lives  what the history has not told yet            sql_history.py
versions  ─▶ judged  ─▶ kept   what is broken                               sql_quarantine.py
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
    """Deletions that a tombstone entity tells of, each once."""
    told = "try_cast(deleted_at as timestamptz)"
    return f"""
        select {lit(entity.source + ":")} || source_id as key, {told} as deleted_at,
            max(delete_cause::varchar) as delete_cause
        from ({mapped(entity, scan)}) as told where source_id is not null and {told} is not null group by all
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
                (hash(payload) >> 1)::bigint as content_hash,
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
            cut = f" or try_cast({held} as double) <> {cast}" if column.type == "BIGINT" else ""
            yield f"case when {held} is not null and ({cast} is null{cut}) then {said} end"
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

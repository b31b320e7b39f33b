"""The newest row of each key: a function of raw that does not ask in which order it arrived."""

from collections.abc import Iterable

from avesa.core.contract import Contract
from avesa.core.sql import columns, name


def fresh(key: str) -> str:
    """The newest good version of each key in a batch, by change time, then by when it was pulled."""
    return f"""
        select {name(key)} as key, arg_max(rowid, (updated_at_source, loaded_at, content_hash)) as rid,
            arg_max(is_deleted, (updated_at_source, loaded_at, content_hash)) as is_deleted,
            max((updated_at_source, loaded_at, content_hash)) as place, min(first_seen_at) as first_seen_at
        from versions where _broken is null group by 1
    """


def twice(key: str) -> str:
    """A key that two records of one batch share: the mapping's source_id is not the record's id."""
    return f"""
        select {name(key)} from versions where _broken is null group by 1
        having min(_record) <> max(_record) or min(_entity) <> max(_entity) limit 1
    """


TOUCHED = "select key from fresh union select key from graves"

_TAKES = """(f.key is not null and (e.key is null or f.place[1] > e.updated_at_source
    or (f.place[1] = e.updated_at_source and f.place[3] <> e.content_hash and f.place[2] >= e.loaded_at)))"""
"""Whether a version takes the place of the published one: later, or another record of the same second pulled later."""

CHANGED = f"""
    with last_graves as (
        select key, max(deleted_at) as deleted_at, arg_max(delete_cause, deleted_at) as delete_cause
        from graves group by key
    ),
    pairs as (
        select coalesce(f.key, g.key) as key, f.rid, e.file, e.key is null as is_new, {_TAKES} as takes,
            least(f.first_seen_at, e.first_seen_at) as first_seen_at,
            coalesce(f.first_seen_at < e.first_seen_at, false) as is_seen_earlier,
            greatest(case when {_TAKES} then f.place[1] end, e.updated_at_source) as updated_at_source,
            coalesce(e.is_deleted, false) as was_deleted, f.is_deleted as says_deleted,
            g.deleted_at as told_at, g.delete_cause as told_cause, e.deleted_at as held_at, e.delete_cause as held_cause
        from fresh f full join last_graves g on g.key = f.key left join existing e on e.key = coalesce(f.key, g.key)
    ),
    judged as (
        select *, coalesce(told_at >= updated_at_source and not (was_deleted and held_at >= told_at), false) as dies,
            coalesce(was_deleted and held_at >= updated_at_source, false) as is_dead
        from pairs where updated_at_source is not null
    )
    select key, case when takes then rid end as rid, file, is_new, takes, first_seen_at,
        case when dies then told_at when is_dead then held_at end as dead_at,
        case when dies then told_cause when is_dead then held_cause end as dead_cause,
        (dies or (takes and says_deleted)) and not was_deleted as ends
    from judged where takes or dies or is_seen_earlier
"""
"""Keys whose published row changes: new ones, newer ones, deleted ones, and ones seen earlier than was known.

`rid` is the version that takes over, null where the old row stays and only its own columns change;
a deletion holds until a version that is later than it.
"""

STAYING = "(select key from changed where rid is null)"


def final(contract: Contract) -> str:
    """The rows that take the place of changed keys' rows; `staying` holds the old ones that stay."""
    return (
        f"{_row(contract, 'versions r join changed c on c.rid = r.rowid')} union all by name "
        f"{_row(contract, f'staying r join changed c on c.rid is null and c.key = r.{name(contract.key)}')}"
    )


def _row(contract: Contract, source: str) -> str:
    own = {"first_seen_at", "is_deleted", "deleted_at", "delete_cause"}
    return f"""
        select {listed("r", (c.name for c in columns(contract) if c.name not in own))}, c.first_seen_at,
            r.is_deleted or c.dead_at is not null as is_deleted, coalesce(c.dead_at, r.deleted_at) as deleted_at,
            case when c.dead_at is null then r.delete_cause
                else coalesce(r.delete_cause, c.dead_cause, 'deleted') end as delete_cause,
            c.file as _file
        from {source}
    """


def listed(alias: str, names: Iterable[str]) -> str:
    """Columns of a relation, quoted."""
    return ", ".join(f"{alias}.{name(n)}" for n in names)

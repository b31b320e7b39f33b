"""History as slowly changing dimension, type 2: all states of a key in order, each valid until the next.

A deletion that is told of beside the records is a state of its own, a copy of the one before it without a fingerprint.
Only narrow columns are put in order; the rows are looked up once their places are known.
"""

from avesa.core.contract import Column, Contract
from avesa.core.sql import columns, name
from avesa.core.sql_merge import listed

HISTORY = (
    Column("valid_from", "TIMESTAMPTZ", "From when the row was so.", not_null=True),
    Column("valid_to", "TIMESTAMPTZ", "Until when; empty while it is so."),
    Column("is_current", "BOOLEAN", "Whether it is so now.", not_null=True),
    Column("version", "BIGINT", "1 for the oldest state that was seen.", not_null=True),
)
"""What a history table has beside its table's columns."""


def unseen(key: str) -> str:
    """Versions of a batch that the history does not hold: another record than the one that it saw last at that time."""
    return f"""
        select v.rowid as rid, v.{name(key)} as key, v.updated_at_source as since
        from versions v asof left join (select * from told where content_hash is not null) e
            on e.key = v.{name(key)} and e.updated_at_source = v.updated_at_source
            and v.first_seen_at >= e.first_seen_at
        where v._broken is null and v.content_hash is distinct from e.content_hash
    """


ENDED = """
    with known as (
        select key, since, false as ends from unseen union all
        select key, case when content_hash is null then deleted_at else updated_at_source end, content_hash is null
        from told
    )
    select g.key, g.deleted_at, g.delete_cause from graves g join known k on k.key = g.key group by all
    having bool_or(not k.ends and k.since <= g.deleted_at)
        and not coalesce(arg_min(k.ends, (k.since, k.ends)) filter ((k.since, k.ends) >= (g.deleted_at, true)), false)
"""
"""Deletions of a batch that end a state which the history holds, or will; of several in a row the last one counts."""

ANEW = "select key from unseen union select key from ended"
"""Keys whose history is told anew."""


def places(key: str) -> str:
    """Every state of these keys: where its row is (`past` or `versions`), and from when to when it holds."""
    return f"""
        with seen as (
            select false as is_old, v.rowid as rid, u.key, u.since, v.first_seen_at, v.content_hash
            from versions v join unseen u on u.rid = v.rowid
            union all select true, rowid, {name(key)}, updated_at_source, first_seen_at, content_hash
            from past where content_hash is not null
        ),
        states as (
            select *, false as ends, null::varchar as cause from seen qualify content_hash is distinct from
                lag(content_hash) over (partition by key, since order by first_seen_at, content_hash)
            union all by name select key, deleted_at as since, true as ends, delete_cause as cause from ended
            union all by name select {name(key)} as key, deleted_at as since, true as ends, delete_cause as cause
            from past where content_hash is null
        ),
        steps as (
            select * replace (
                last_value(is_old ignore nulls) over w as is_old, last_value(rid ignore nulls) over w as rid)
            from states window w as (partition by key order by since, ends, first_seen_at, content_hash)
            qualify not ends or not coalesce(lead(ends) over w, false)
        )
        select is_old, rid, since, ends, cause, file, lead(since) over w as until, row_number() over w as version
        from steps left join (select key, min(file) as file from told group by key) using (key) where rid is not null
        window w as (partition by key order by since, ends, first_seen_at, content_hash)
    """


def lives(contract: Contract) -> str:
    """The rows that take the place of these keys' rows."""
    return f"{_state(contract, 'versions', 'not p.is_old')} union all by name {_state(contract, 'past', 'p.is_old')}"


def _state(contract: Contract, relation: str, where: str) -> str:
    ends = {"is_deleted", "deleted_at", "delete_cause", "content_hash"}
    return f"""
        select {listed("r", (c.name for c in columns(contract) if c.name not in ends))},
            r.is_deleted or p.ends as is_deleted, case when p.ends then p.since else r.deleted_at end as deleted_at,
            case when p.ends then coalesce(r.delete_cause, p.cause, 'deleted') else r.delete_cause end as delete_cause,
            case when not p.ends then r.content_hash end as content_hash,
            p.since as valid_from, p.until as valid_to, p.until is null as is_current, p.version, p.file as _file
        from {relation} r join places p on p.rid = r.rowid and {where}
    """

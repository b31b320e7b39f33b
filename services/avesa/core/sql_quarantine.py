"""Records that break the contract: kept with the reason and the payload until a good version mends them."""

from collections.abc import Sequence

from avesa.core.contract import Column

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

JUDGED = """
    select source || ':' || _entity || ':' || _record as key, tenant, source, _entity as entity,
        _record as source_id, updated_at_source, _broken as reason, loaded_at as quarantined_at, mapping_version
    from versions
    qualify row_number() over (partition by source, _entity, _record
        order by updated_at_source desc, loaded_at desc, content_hash desc) = 1
"""
"""The newest version of every record of a batch, good or broken, with its quarantine key."""

SHUT = """
    select j.key from judged j left join held q on q.key = j.key
    where (j.reason is not null and (q.key is null or j.updated_at_source > q.updated_at_source))
        or (j.reason is null and q.key is not null and j.updated_at_source >= q.updated_at_source)
"""
"""Quarantined records that change: newly broken ones, and those that a good version has mended."""


def kept(scans: Sequence[str]) -> str:
    """The rows of broken records, their payloads read again from raw."""
    payloads = " union all by name ".join(
        f"select record_id, source_updated_at, entity, payload from {scan} "
        "where record_id in (select source_id from judged where reason is not null)"
        for scan in scans
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

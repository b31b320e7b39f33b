"""ConnectWise records of realistic width, made by DuckDB, and installations that hold them as landed windows."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from avesa.core.entity import Entity
from avesa.core.mapping import Mappings
from avesa.core.names import raw_part
from avesa.core.normal import MACROS
from avesa.core.sql import lit
from avesa.core.windows import Window
from avesa.edges.embedded import open_home
from avesa.edges.mapping_files import read
from avesa.ledger import Ledger, again
from avesa.ports import Edges
from avesa.settings import Settings

TENANT = "acme"
MAPPINGS: Mappings = read(None)
WINDOW = Window(datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC))
_ZONED = "%Y-%m-%dT%H:%M:%SZ"

TICKET = f"""{{
    id: key, summary: 'Printer ' || i || ' does not print on floor ' || (i % 40), recordType: 'ServiceTicket',
    board: {{id: i % 20, name: 'Board ' || (i % 20)}},
    status: {{id: i % 6, name: (['New', 'Assigned', 'In Progress', 'On Hold', 'Resolved', '>Closed'])[1 + i % 6]}},
    company: {{id: i % 250, identifier: 'C' || (i % 250), name: 'Company ' || (i % 250),
        _info: {{company_href: 'https://na.example.com/v4_6_release/apis/3.0/company/companies/' || (i % 250)}}}},
    contact: {{id: i % 5000, name: 'Contact ' || (i % 5000),
        _info: {{contact_href: 'https://na.example.com/v4_6_release/apis/3.0/company/contacts/' || (i % 5000)}}}},
    contactName: 'Contact ' || (i % 5000), contactEmailAddress: 'Contact' || (i % 5000) || '@example.com',
    contactPhoneNumber: '(555) 010-' || (i % 10000), siteName: 'Main', addressLine1: '1 Main Street', city: 'Tampa',
    priority: {{id: i % 5, name: 'Priority ' || (1 + i % 4) || ' - Normal', level: 'Medium'}},
    team: {{id: i % 9, name: 'Team ' || (i % 9)}}, site: {{id: 1, name: 'Main'}},
    owner: {{id: i % 60, identifier: 'm' || (i % 60), name: 'Member ' || (i % 60)}},
    type: {{id: i % 4, name: (['Incident', 'Request', 'Problem', 'Change'])[1 + i % 4]}},
    subType: {{id: i % 30, name: 'Sub ' || (i % 30)}}, item: {{id: i % 30, name: 'Item ' || (i % 30)}},
    severity: 'Medium', impact: 'Low', source: {{id: 2, name: 'Email'}}, resources: 'm1, m2', closedFlag: i % 2 = 0,
    requiredDate: '2024-03-01T00:00:00Z', budgetHours: 1.5, actualHours: (i % 80) / 4.0, approved: true,
    estimatedTimeCost: (i % 900) / 8.0, billTime: 'Billable', billExpenses: 'Billable', billProducts: 'Billable',
    respondMinutes: i % 500, resPlanMinutes: i % 500, resolveMinutes: i % 5000, isInSla: true, hasChildTicket: false,
    location: {{id: 1, name: 'HQ'}}, department: {{id: 1, name: 'IT'}}, sla: {{id: 1, name: 'Standard'}},
    closedDate: strftime(born + interval 3 day, '{_ZONED}'), closedBy: 'm3', minutesWaiting: i % 77,
    dateResolved: strftime(born + interval 2 day, '{_ZONED}'),
    initialDescription: repeat('Nothing comes out of it since this morning. ', 15),
    customFields: [
        {{id: 1, caption: 'Asset', type: 'Text', entryMethod: 'EntryField', value: 'A' || i}},
        {{id: 2, caption: 'Zone', type: 'Text', entryMethod: 'List', value: 'Z' || (i % 9)}}],
    _info: {{lastUpdated: strftime(changed, '{_ZONED}'), updatedBy: 'm' || (i % 60),
        dateEntered: strftime(born, '{_ZONED}'), enteredBy: 'm' || (i % 60),
        notes_href: 'https://na.example.com/v4_6_release/apis/3.0/service/tickets/' || i || '/notes',
        products_href: 'https://na.example.com/v4_6_release/apis/3.0/procurement/products?ticket=' || i}}
}}"""
"""A service ticket of 2.4 kB."""

TIME_ENTRY = f"""{{
    id: key, company: {{id: i % 250, identifier: 'C' || (i % 250), name: 'Company ' || (i % 250)}},
    chargeToId: i // 3, chargeToType: 'ServiceTicket',
    member: {{id: i % 60, identifier: 'm' || (i % 60), name: 'Member ' || (i % 60)}},
    locationId: 1, businessUnitId: i % 9, workType: {{id: i % 4, name: 'Remote'}}, workRole: {{id: 1, name: 'One'}},
    agreement: {{id: i % 250, name: 'Managed ' || (i % 250)}}, timeStart: strftime(born, '{_ZONED}'),
    timeEnd: strftime(born + interval 1 hour, '{_ZONED}'), hoursDeduct: 0, actualHours: (i % 16) / 4.0,
    billableOption: 'Billable', notes: 'Looked at the printer and cleaned part ' || (i * 7919 % 100003),
    hoursBilled: 1, hourlyRate: 150 + i % 9, hourlyCost: 60, enteredBy: 'm' || (i % 60),
    dateEntered: strftime(born, '{_ZONED}'), status: 'Open', timeSheet: {{id: i // 500, name: 'Week ' || (i // 500)}},
    ticket: {{id: i // 3, summary: 'Printer ' || (i // 3) || ' does not print'}},
    _info: {{lastUpdated: strftime(changed, '{_ZONED}'), updatedBy: 'm' || (i % 60)}}
}}"""
"""A time entry of 0.9 kB."""

ORDERED = "i"
SCATTERED = "md5('' || i)"
"""Ids that say nothing of when a row was made, such as ServiceNow's sys_id."""


def records(entity: Entity, form: str, key: str, ids: str, changed: str) -> str:
    """A query of raw records; `ids` yields the column i, `key` makes the id of it, `changed` its change time."""
    return f"""
        select key::varchar as record_id, changed as source_updated_at, to_json({form})::varchar as payload,
            {lit(TENANT)} as tenant, {lit(entity.source)} as source, {lit(entity.name)} as entity,
            timestamptz '2020-01-01 00:00:00Z' as window_start, timestamptz '2090-01-01 00:00:00Z' as window_end,
            timestamptz '2026-01-01 00:00:00Z' as pulled_at, 0::integer as part
        from (
            select i, {key} as key, timestamptz '2015-01-01 00:00:00Z' + to_seconds(i * 15) as born,
                {changed} as changed
            from ({ids})
        )
    """


def write(query: str, folder: Path, size: str = "64MB") -> list[Path]:
    """Write a query's rows as Parquet files into a folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for statement in ("set timezone = 'UTC'", *MACROS):
            connection.execute(statement)
        connection.execute(
            f"copy ({query}) to {lit(str(folder))} (format parquet, compression zstd, file_size_bytes '{size}')"
        )
    return sorted(folder.glob("*.parquet"))


def installed(settings: Settings) -> Edges:
    """The embedded edges of a home."""
    return open_home(settings, lambda: datetime.now(UTC))


async def land(edges: Edges, entity: Entity, parts: list[Path]) -> None:
    """Put raw parts into the lake as one landed window."""
    rows = sum(pq.read_metadata(part).num_rows for part in parts)
    ledger = Ledger(edges.store, edges.clock)
    planned = again(TENANT, entity.source, entity.name, WINDOW)
    await ledger.ensure([planned])
    claim = await ledger.claim(planned, "bench", 600)
    assert claim is not None  # noqa: S101  it was just planned
    for number, part in enumerate(parts):
        await edges.lake.put(raw_part(TENANT, entity.source, entity.name, WINDOW, claim.run, number), part)
    await ledger.land(claim, counted=rows, landed=rows, hidden=0, parts=len(parts))


def peak_mb() -> int:
    """The most memory that this process has held, not counting the one that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) >> 10

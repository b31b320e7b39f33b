"""Landing hand-made records, as a pull would have."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.lab import Lab

from avesa.core.coverage import Coverage
from avesa.core.messages import Transform
from avesa.core.names import raw_part
from avesa.core.rows import Rows
from avesa.core.windows import Window
from avesa.edges.raw import RawParts
from avesa.ledger import Ledger, again
from avesa.transform import transform

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TICKETS = ("connectwise", "service/tickets")
INCIDENTS = ("servicenow", "incident")


def stamp(minutes: float) -> str:
    """A change time, minutes after noon."""
    return (NOON + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ticket(number: int, minutes: float, status: str = "New", **more: Any) -> dict[str, Any]:
    """A ConnectWise ticket, changed some minutes after noon."""
    info = {"lastUpdated": stamp(minutes), "dateEntered": stamp(-60)}
    plain = {"id": number, "summary": f"Ticket {number}", "status": {"id": 1, "name": status}, "_info": info}
    return {**plain, "priority": {"id": 1, "name": "Priority 3 - Normal"}, **more}


def incident(number: int, minutes: float = 1, state: str = "2", **more: Any) -> dict[str, Any]:
    """A ServiceNow incident, changed some minutes after noon."""
    changed = stamp(minutes).replace("T", " ").rstrip("Z")
    plain = {"sys_id": f"{number:032x}", "number": f"INC{number}", "sys_updated_on": changed}
    return {**plain, "state": state, "priority": "3", **more}


def grave(number: int, minutes: float) -> dict[str, Any]:
    """The audit of an incident's deletion."""
    told = stamp(minutes).replace("T", " ").rstrip("Z")
    plain = {"sys_id": f"a{number:015x}{int(minutes * 60):016x}", "tablename": "incident"}
    return {**plain, "documentkey": f"{number:032x}", "sys_created_on": told}


def deletes_of(there: Lab) -> tuple[str, str]:
    """The tombstone entity of ServiceNow's tickets."""
    mappings = there.here.mappings
    return "servicenow", next(e.name for e in mappings.feeding("tickets") if e.source == "servicenow" and e.tombstones)


async def publish(there: Lab, *, accept_deletes: bool = False) -> None:
    """Merge the tickets that have landed."""
    here = there.here
    await transform(
        Transform(tenant="acme", table="tickets", accept_deletes=accept_deletes),
        edges=here.edges, mappings=here.mappings, settings=here.settings, listen=there.tally,
    )  # fmt: skip


async def land(
    there: Lab, *records: dict[str, Any], tenant: str = "acme", entity: tuple[str, str] = TICKETS, pulled: float = 0.0
) -> None:
    """Put records into the lake as one landed window, pulled some minutes after noon."""
    source, name = entity
    ledger = Ledger(there.here.edges.store, there.clock)
    await ledger.begin(tenant, source, name, Coverage(origin=NOON - timedelta(days=1), anchor=NOON, planned_to=NOON))
    start = NOON - timedelta(days=1, seconds=uuid.uuid4().int % 80_000)
    window = Window(start.replace(microsecond=0), NOON + timedelta(days=1))
    await ledger.ensure([again(tenant, source, name, window)])
    claim = await ledger.claim(again(tenant, source, name, window), "test", 60)
    assert claim is not None
    await _put(there, claim, records, NOON + timedelta(minutes=pulled))
    await ledger.land(claim, counted=len(records), landed=len(records), hidden=0, parts=1)


async def _put(there: Lab, claim: Any, records: Any, pulled_at: datetime) -> None:
    declared = there.here.mappings.entity(claim.source, claim.entity)
    constants = {
        "tenant": claim.tenant, "source": claim.source, "entity": claim.entity,
        "window_start": claim.window.start, "window_end": claim.window.end,
    }  # fmt: skip
    parts = RawParts(
        there.here.settings.scratch_path / claim.run, constants, 1 << 20, zoned=claim.source != "servicenow"
    )
    keys = [str(_reach(record, declared.key)) for record in records]
    times = [_reach(record, declared.time) for record in records]
    parts.add(Rows(keys, times, [json.dumps(record).encode() for record in records]), pulled_at)
    for number, path in enumerate(parts.finish()):
        name = raw_part(claim.tenant, claim.source, claim.entity, claim.window, claim.run, number)
        await there.here.edges.lake.put(name, path)


def _reach(record: Any, path: str) -> Any:
    for step in path.split("."):
        record = record[step]
    return record

"""`system/audittrail?type=Ticket&id=48213`: what happened to one known record, its deletion too."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from simulator.connectwise_errors import Refused
from simulator.connectwise_pages import answer, lower
from simulator.world import World
from simulator.world_truth import iso

TYPES = {"ticket": "tickets", "timeentry": "time_entries", "company": "companies", "contact": "contacts"}


async def audit_trail(world: World, request: Request) -> Response:
    """The record's versions since the world began, newest first. Refused: no type, no id."""
    params = lower(request)
    kind, row_id = params.get("type", ""), params.get("id", "")
    if kind.lower() not in TYPES or not row_id.isdigit():
        raise Refused(400, "InvalidParameter", "type and id are required.")
    wanted = int(row_id)
    table = world.tables[TYPES[kind.lower()]]
    versions = [row for row in table.history if row.id == wanted]
    found = [_entry(world, "Updated", kind, row.updated_at, row.updated_by) for row in versions]
    grave = table.tombstones.get(wanted)
    if grave is not None:
        found.append(_entry(world, "Deleted", kind, grave.deleted_at, grave.deleted_by))
    return answer(request, msgspec.json.encode(found[::-1]))


def _entry(world: World, what: str, kind: str, at: int, by: int) -> dict[str, Any]:
    member = world.catalog.members.get(by)
    return {
        "text": f"{kind} {what.lower()}",
        "enteredDate": iso(at),
        "enteredBy": member.identifier if member else "zadmin",
        "auditType": kind,
        "auditSubType": what,
        "auditSource": "API",
    }

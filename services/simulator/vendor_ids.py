"""The ids that a row of the world has at the vendors whose ids are not the world's."""

from typing import Any

from simulator.salesforce_audit import ACCOUNT, CASE, CONTACT, EVENT, TASK
from simulator.salesforce_ids import record_id
from simulator.servicenow_instance import Ids
from simulator.world_rows import Company, Contact, Ticket, TimeEntry

_KINDS: dict[type, tuple[str, str]] = {
    Ticket: ("tickets", CASE),
    TimeEntry: ("time_entries", TASK),
    Company: ("companies", ACCOUNT),
    Contact: ("contacts", CONTACT),
}


def vendor_ids(seed: int, row: Any) -> dict[str, str]:
    """`servicenow_id` (sys_id) and `salesforce_id` (18 characters) of a row; odd time entries are Events."""
    kind, prefix = _KINDS[type(row)]
    if prefix == TASK and row.id % 2:
        prefix = EVENT
    return {"servicenow_id": Ids(seed).of(kind, row.id), "salesforce_id": record_id(prefix, row.id)}

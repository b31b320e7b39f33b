"""The world in plain JSON: what a lake that missed nothing must equal."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import asdict

from simulator.vendor_ids import vendor_ids
from simulator.world import World
from simulator.world_rows import Company, Contact, Label, Member, Ticket, TimeEntry, Tombstone

Plain = dict[str, Any]


def iso(seconds: int | None) -> str | None:
    """`2026-03-02T08:00:00Z`."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(world: World, row: Any) -> Plain:
    """A row with its labels spelled out, times as ISO text and durations as hours."""
    fields = asdict(row)
    for name in [name for name in fields if name.endswith("_at")]:
        fields[name] = iso(fields[name])
    return {**fields, **vendor_ids(world.seed, row), **_SPELLED[type(row)](world, row)}


def tombstone(world: World, grave: Tombstone) -> Plain:
    """A hard-deleted row: when, by whom, and how it was last seen."""
    return {
        "id": grave.id,
        "deleted_at": iso(grave.deleted_at),
        "deleted_by": _login(world, grave.deleted_by),
        "row": plain(world, grave.row),
    }


def _ticket(world: World, row: Ticket) -> Plain:
    lists = world.catalog
    company, contact = world.companies.get(row.company_id), world.contacts.get(row.contact_id or 0)
    return {
        "board": _name(lists.boards, row.board_id),
        "status": _name(lists.statuses, row.status_id),
        "priority": _name(lists.priorities, row.priority_id),
        "type": _name(lists.types, row.type_id),
        "source": _name(lists.sources, row.source_id),
        "company": company.name if company else None,
        "contact": _full_name(contact) if contact else None,
        "owner": _login(world, row.owner_id),
        "closed": row.closed_at is not None,
        "closed_by": _login(world, row.closed_by),
        "updated_by": _login(world, row.updated_by),
        "hours_actual": row.minutes / 60,
    }


def _time_entry(world: World, row: TimeEntry) -> Plain:
    return {
        "member": _login(world, row.member_id),
        "work_type": _name(world.catalog.work_types, row.work_type_id),
        "updated_by": _login(world, row.updated_by),
        "ended_at": iso(row.started_at + row.minutes * 60),
        "hours_actual": row.minutes / 60,
        "hours_billed": row.billed_minutes / 60,
        "hours_billable": row.minutes / 60 if row.billable == "Billable" else 0.0,
    }


def _company(world: World, row: Company) -> Plain:
    return {
        "status": _name(world.catalog.company_statuses, row.status_id),
        "types": [_name(world.catalog.company_types, key) for key in row.type_ids],
        "market": _name(world.catalog.markets, row.market_id),
        "updated_by": _login(world, row.updated_by),
        "deleted": row.deleted_at is not None,
        "deleted_by": _login(world, row.deleted_by),
    }


def _contact(world: World, row: Contact) -> Plain:
    return {"name": _full_name(row), "updated_by": _login(world, row.updated_by)}


def _name(labels: dict[int, Label], key: int) -> str | None:
    return labels[key].name if key in labels else None


def _login(world: World, key: int | None) -> str | None:
    member: Member | None = world.catalog.members.get(key or 0)
    return member.identifier if member else None


def _full_name(row: Contact) -> str:
    return f"{row.first_name} {row.last_name or ''}".strip()


_SPELLED: dict[type, Callable[[World, Any], Plain]] = {
    Ticket: _ticket,
    TimeEntry: _time_entry,
    Company: _company,
    Contact: _contact,
}

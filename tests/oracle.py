"""The world's truth against the lake's tables, written without the product's mappings."""

from typing import Any

from tests.lab import Lab, World, instant

STATUS = {
    "New": "new", "Assigned": "in_progress", "In Progress": "in_progress", "Scheduled": "in_progress",
    "Waiting on Client": "on_hold", "Waiting on Vendor": "on_hold", "Pending RMA": "on_hold", "Resolved": "resolved",
    "Re-Opened": "reopened", "Reopened": "reopened", ">Closed": "closed", ">Cancelled": "canceled",
}  # fmt: skip
PRIORITY = {
    "Priority 1": "critical",
    "Priority 2": "high",
    "Priority 3": "medium",
    "Priority 4": "low",
    "Do Not Res": "low",
}


def clean(text: str | None) -> str | None:
    """A text without the NUL characters that a fault put into it."""
    return None if text is None else text.replace("\0", "")


def ticket(row: dict[str, Any], key: str = "connectwise:{}") -> dict[str, Any]:
    """A ConnectWise ticket as the table must hold it."""
    merged = row["merged_into"]
    return {
        "ticket_key": key.format(row["id"]),
        "title": row["summary"],
        "status": STATUS[row["status"]],
        "status_raw": row["status"],
        "is_closed": row["closed"],
        "priority": PRIORITY[row["priority"][:10]],
        "board": row["board"],
        "type_raw": row["type"],
        "company_key": key.format(row["company_id"]),
        "contact_key": None if row["contact_id"] is None else key.format(row["contact_id"]),
        "created_at_source": instant(row["created_at"]),
        "updated_at_source": instant(row["updated_at"]),
        "closed_at": instant(row["closed_at"]),
        "hours_actual": row["hours_actual"],
        "merged_into_key": None if merged is None else key.format(merged),
        "is_deleted": merged is not None,
        "delete_cause": None if merged is None else "merged",
    }


def time_entry(row: dict[str, Any], key: str = "connectwise:{}") -> dict[str, Any]:
    """A ConnectWise time entry as the table must hold it."""
    return {
        "time_entry_key": key.format(row["id"]),
        "ticket_key": key.format(row["ticket_id"]),
        "company_key": key.format(row["company_id"]),
        "member_login": row["member"],
        "work_type": row["work_type"],
        "started_at": instant(row["started_at"]),
        "ended_at": instant(row["ended_at"]),
        "hours_actual": row["hours_actual"],
        "hours_billed": row["hours_billed"],
        "hours_billable": row["hours_billable"],
        "billable_option": row["billable"],
        "status_raw": row["status"],
        "updated_at_source": instant(row["updated_at"]),
        "is_deleted": False,
    }


def company(row: dict[str, Any], key: str = "connectwise:{}") -> dict[str, Any]:
    """A ConnectWise company as the table must hold it."""
    return {
        "company_key": key.format(row["id"]),
        "identifier": row["identifier"],
        "name": row["name"],
        "status_raw": row["status"],
        "types_raw": ", ".join(row["types"]),
        "market": row["market"],
        "phone": row["phone"],
        "website": row["website"],
        "employees": row["employees"],
        "updated_at_source": instant(row["updated_at"]),
        "is_deleted": row["deleted"],
        "deleted_at": instant(row["deleted_at"]),
    }


def contact(row: dict[str, Any], key: str = "connectwise:{}") -> dict[str, Any]:
    """A ConnectWise contact as the table must hold it."""
    return {
        "contact_key": key.format(row["id"]),
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "company_key": None if row["company_id"] is None else key.format(row["company_id"]),
        "title": row["title"],
        "email": row["email"],
        "phone": row["phone"] or row["mobile"],
        "mobile": row["mobile"],
        "is_active": row["active"],
        "updated_at_source": instant(row["updated_at"]),
    }


TRUTH = {"tickets": ticket, "time_entries": time_entry, "companies": company, "contacts": contact}


async def equal(lab: Lab, world: World, tenant: str, table: str) -> None:
    """Fail unless a ConnectWise tenant's table is the world's truth, row for row and column for column.

    Rows that the source deleted without a trace stand in the lake as they were last seen.
    """
    expected = {next(iter(row.values())): row for row in map(TRUTH[table], world.get(table))}
    gone = {f"connectwise:{grave['id']}" for grave in world.get(f"{table}/tombstones")}
    columns = ", ".join(next(iter(expected.values())))
    key = next(iter(next(iter(expected.values()))))
    found = await lab.sql(f"select {columns} from {table} order by 1", tenant)
    assert len({row[key] for row in found}) == len(found), "P1: a key stands twice"
    lake = {row[key]: row for row in found}
    assert set(expected) - set(lake) == set(), "P1: rows are missing"
    assert set(lake) - set(expected) <= gone, "rows that the world never had"
    wrong = {
        k: (lake[k], row)
        for k, row in expected.items()
        if {n: clean(v) if isinstance(v, str) else v for n, v in lake[k].items()} != row
    }
    assert not wrong, next(iter(wrong.values()))

"""`task_time_worked`, `time_card` (a plugin) and `sys_audit_delete`."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.servicenow_columns import Column, columns, constant, empty, stamp, stamp_of, truth
from simulator.servicenow_instance import ListedRows, ServiceNowInstance, WorldRows
from simulator.servicenow_tasks import class_of

DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_BURIED = {"contacts": "sys_user", "companies": "core_company", "time_entries": "task_time_worked", "tickets": ""}
"""The tables that hard deletes are filed under; a ticket's is its class."""

_CARD_STATES = {"Open": "Pending", "PendingApproval": "Submitted", "ApprovedByTierOne": "Submitted"}
_CARD_STATES |= {"ReadyToBill": "Approved", "Billed": "Processed"}


def add_work(instance: ServiceNowInstance) -> None:
    """Put the tables into the instance."""
    own = columns(empty("sys_tags", "rate_type"), _time_worked(instance))
    instance.add(WorldRows("task_time_worked", "task", instance.ids, instance.world.time_entries, own))
    cards = Cards(instance)
    instance.add(ListedRows("time_card", "sys_id", _card(instance), cards.rows))
    graves = columns(empty("sys_tags", "display_value"), _grave(instance))
    instance.add(ListedRows("sys_audit_delete", "sys_id", graves, lambda: deleted_rows(instance)))


def _time_worked(instance: ServiceNowInstance) -> list[Column]:
    ids = instance.ids
    return [
        Column("sys_id", lambda row: ids.of("time_entries", row.id), "sys_id"),
        Column("task", lambda row: ids.of("tickets", row.ticket_id), "reference", "task"),
        Column("user", lambda row: ids.of("members", row.member_id), "reference", "sys_user"),
        Column("time_in_seconds", lambda row: str(row.minutes * 60)),
        Column("time_worked", lambda row: stamp_of(row.minutes * 60), "duration"),
        Column("comments", lambda row: row.notes),
        stamp("sys_created_on", lambda row: row.created_at),
        Column("sys_created_by", lambda row: instance.user_name(row.member_id)),
        stamp("sys_updated_on", lambda row: row.updated_at),
        Column("sys_updated_by", lambda row: instance.user_name(row.updated_by)),
        Column("sys_mod_count", lambda row: str(row.version - 1)),
        stamp("u_started_at", lambda row: row.started_at),
        Column("u_billable", lambda row: truth(row.billable == "Billable"), "boolean"),
        Column("u_bill_option", lambda row: row.billable),
        Column("u_billed_seconds", lambda row: str(row.billed_minutes * 60)),
        Column("u_rate", lambda row: str(row.hourly_rate)),
        Column("u_work_type", lambda row: instance.world.catalog.work_types[row.work_type_id].name),
        Column("u_state", lambda row: row.status),
    ]


class Cards:
    """Time cards: a technician's work on one task in one week, added up."""

    def __init__(self, instance: ServiceNowInstance) -> None:
        self._instance = instance
        self._made: tuple[int, list[tuple[int, str, Any]]] = (-1, [])

    def rows(self) -> list[tuple[int, str, Any]]:
        """All cards; made anew when a time entry has changed."""
        table = self._instance.world.time_entries
        if self._made[0] != table.revision:
            groups: dict[tuple[int, int, str], list[Any]] = defaultdict(list)
            for entry in table:
                groups[entry.member_id, entry.ticket_id, _week(entry.started_at)].append(entry)
            cards = [self._card(week, entries) for (_, _, week), entries in groups.items()]
            self._made = (table.revision, cards)
        return self._made[1]

    def _card(self, week: str, entries: list[Any]) -> tuple[int, str, Any]:
        hours = dict.fromkeys(DAYS, 0.0)
        for entry in entries:
            hours[DAYS[datetime.fromtimestamp(entry.started_at, UTC).isoweekday() % 7]] += entry.minutes / 60
        sys_id = self._instance.ids.of("cards", min(entry.id for entry in entries))
        return max(entry.updated_at for entry in entries), sys_id, (entries[0], week, hours)


def _week(moment: int) -> str:
    """The Sunday that a week starts on."""
    day = datetime.fromtimestamp(moment, UTC).date()
    return (day - timedelta(days=day.isoweekday() % 7)).isoformat()


def _card(instance: ServiceNowInstance) -> dict[str, Column]:
    ids = instance.ids
    return columns(
        _listed(),
        [
            Column("task", lambda row: ids.of("tickets", row[2][0].ticket_id), "reference", "task"),
            Column("user", lambda row: ids.of("members", row[2][0].member_id), "reference", "sys_user"),
            Column("week_starts_on", lambda row: row[2][1]),
            Column("category", lambda _: "task_work"),
            Column("state", lambda row: _CARD_STATES.get(row[2][0].status, "Pending")),
            Column("total", lambda row: _hours(sum(row[2][2].values()))),
            *[Column(day, _worked(day)) for day in DAYS],
            Column("notes", lambda row: row[2][0].notes),
        ],
        empty("time_sheet"),
    )


def _worked(day: str) -> Any:
    return lambda row: _hours(row[2][2][day])


def _hours(hours: float) -> str:
    return f"{hours:.2f}".rstrip("0").rstrip(".") or "0"


def _listed() -> list[Column]:
    return [
        Column("sys_id", lambda row: row[1], "sys_id"),
        *[stamp(name, lambda row: row[0]) for name in ("sys_created_on", "sys_updated_on")],
        *constant({"sys_created_by": "system", "sys_updated_by": "system", "sys_mod_count": "0"}),
    ]


def _grave(instance: ServiceNowInstance) -> list[Column]:
    return [
        *_listed(),
        Column("tablename", lambda row: row[2][0]),
        Column("documentkey", lambda row: row[2][1]),
        Column("sys_created_by", lambda row: instance.user_name(row[2][2])),
        Column("payload", lambda row: _payload(row[2][0], row[2][1])),
    ]


def _payload(table: str, sys_id: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><{table}><sys_id>{sys_id}</sys_id></{table}>'


def deleted_rows(instance: ServiceNowInstance) -> list[tuple[int, str, Any]]:
    """One row per hard delete, under the class that the record really had."""
    world = instance.world
    found = [
        (stone.deleted_at, (table or class_of(instance, stone.row), instance.ids.of(kind, stone.id), stone.deleted_by))
        for kind, table in _BURIED.items()
        for stone in world.tables[kind].tombstones.values()
    ]
    found += [
        (row.deleted_at, ("core_company", instance.ids.of("companies", row.id), row.deleted_by or 1))
        for row in world.companies
        if row.deleted_at is not None
    ]
    return [(at, _grave_id(instance, what[1]), what) for at, what in found]


def _grave_id(instance: ServiceNowInstance, key: str) -> str:
    """An id that stays a row's own, however many are deleted after it."""
    return instance.ids.of("graves", int(key[:15], 16))

"""`incident` and the other classes of `task`: the world's tickets as tables."""

from collections.abc import Callable
from typing import Any

from simulator.servicenow_columns import Column, columns, constant, empty, stamp, stamp_of, truth
from simulator.servicenow_instance import JoinedRows, ServiceNowInstance, WorldRows
from simulator.servicenow_log import log_columns
from simulator.world_log import LogStory

STATES = {
    "1": "New",
    "2": "In Progress",
    "3": "On Hold",
    "6": "Resolved",
    "7": "Closed",
    "8": "Canceled",
}
_STATE_OF = {"New": "1", "Resolved": "6", ">Closed": "7", ">Cancelled": "8", "Assigned": "2", "In Progress": "2"}
_HOLD_REASONS = {"1": "Awaiting Caller", "3": "Awaiting Problem", "4": "Awaiting Vendor", "5": "Awaiting Change"}
_HOLD_OF = {"Waiting on Client": "1", "Waiting on Vendor": "4"}
PRIORITIES = {"1": "1 - Critical", "2": "2 - High", "3": "3 - Moderate", "4": "4 - Low", "5": "5 - Planning"}
_LEVELS = {"1": "1 - High", "2": "2 - Medium", "3": "3 - Low"}
_GRADES = {1: ("1", "1"), 2: ("1", "2"), 3: ("2", "2"), 4: ("2", "3"), 5: ("3", "3")}
_CONTACT_TYPES = {"Phone": "phone", "Email Connector": "email", "Portal": "self-service", "Monitoring": "monitoring"}
CLASSES = {"incident": "INC", "sc_req_item": "RITM", "change_request": "CHG", "problem": "PRB"}
_CLASS_OF_TYPE = {"Service Request": "sc_req_item", "Hardware": "change_request", "Security": "problem"}

_CONSTANT = {
    "sys_domain_path": "/",
    "severity": "3",
    "escalation": "0",
    "notify": "1",
    "knowledge": "false",
    "approval": "not requested",
    "upon_approval": "proceed",
    "upon_reject": "cancel",
    "child_incidents": "0",
    "reassignment_count": "0",
}
_EMPTY = [
    "sys_tags",
    "subcategory",
    "location",
    "cmdb_ci",
    "business_service",
    "problem_id",
    "rfc",
    "caused_by",
    "parent",
    "sla_due",
    "due_date",
    "business_duration",
    "business_stc",
    "calendar_stc",
    "watch_list",
    "work_notes",
    "comments",
    "comments_and_work_notes",
    "correlation_id",
    "correlation_display",
    "order",
    "universal_request",
    "origin_table",
    "service_offering",
    "close_notes",
    "user_input",
    "group_list",
    "additional_assignee_list",
    "work_notes_list",
    "expected_start",
    "work_start",
    "work_end",
    "follow_up",
]


def add_tasks(instance: ServiceNowInstance) -> None:
    """Put the task tables into the instance."""
    own = _columns(instance)
    if isinstance(instance.world.story, LogStory):
        own = columns(own.values(), log_columns(instance, instance.world.story))
    for name, prefix in CLASSES.items():
        add_class(instance, own, name, prefix)
    parts = [instance.tables[name] for name in CLASSES]
    instance.add(JoinedRows("task", "number", instance.tables["incident"].columns, parts))


def add_class(instance: ServiceNowInstance, own: dict[str, Column], name: str, prefix: str) -> None:
    """One class of task; all tickets are incidents unless the instance tells classes apart."""

    def mine(row: Any) -> bool:
        return class_of(instance, row) == name

    named = [
        Column("number", lambda row: f"{prefix}{row.id:07d}"),
        Column("sys_class_name", lambda _: name),
    ]
    instance.add(WorldRows(name, "number", instance.ids, instance.world.tickets, columns(own.values(), named), mine))


def class_of(instance: ServiceNowInstance, row: Any) -> str:
    """The table that a ticket stands in."""
    if not instance.site.faults.on("task-classes"):
        return "incident"
    return _CLASS_OF_TYPE.get(instance.world.catalog.types[row.type_id].name, "incident")


def _columns(instance: ServiceNowInstance) -> dict[str, Column]:
    return columns(
        empty(*_EMPTY),
        constant(_CONSTANT),
        _audit(instance),
        _references(instance),
        _grades(instance),
        _course(instance),
    )


def _audit(instance: ServiceNowInstance) -> list[Column]:
    return [
        Column("sys_id", lambda row: instance.ids.of("tickets", row.id), "sys_id"),
        stamp("sys_created_on", lambda row: row.created_at),
        Column("sys_created_by", lambda row: instance.user_name(row.created_by)),
        stamp("sys_updated_on", lambda row: row.updated_at),
        Column("sys_updated_by", lambda row: instance.user_name(row.updated_by)),
        Column("sys_mod_count", lambda row: str(row.version - 1)),
        Column("sys_domain", lambda _: "global", "reference", "sys_user_group", {"global": "global"}),
    ]


def _references(instance: ServiceNowInstance) -> list[Column]:
    def to(name: str, table: str, kind: str, number: Callable[[Any], int | None]) -> Column:
        return Column(name, lambda row: instance.ids.of(kind, number(row)), "reference", table)

    return [
        to("caller_id", "sys_user", "contacts", lambda row: row.contact_id),
        to("opened_by", "sys_user", "members", lambda row: row.created_by),
        to("assigned_to", "sys_user", "members", lambda row: row.owner_id),
        to("assignment_group", "sys_user_group", "boards", lambda row: row.board_id),
        to("company", "core_company", "companies", lambda row: row.company_id),
        to("resolved_by", "sys_user", "members", lambda row: row.closed_by),
        to("closed_by", "sys_user", "members", lambda row: row.closed_by if row.closed_at else None),
        to("parent_incident", "incident", "tickets", lambda row: row.merged_into),
    ]


def _grades(instance: ServiceNowInstance) -> list[Column]:
    return [
        Column("impact", lambda row: _GRADES.get(row.priority_id, ("3", "3"))[0], labels=_LEVELS),
        Column("urgency", lambda row: _GRADES.get(row.priority_id, ("3", "3"))[1], labels=_LEVELS),
        Column("priority", lambda row: str(row.priority_id), labels=PRIORITIES),
        Column("category", lambda row: instance.world.catalog.types[row.type_id].name.lower()),
        Column("contact_type", lambda row: _contact_type(instance, row)),
        Column("u_minutes", lambda row: str(row.minutes)),
    ]


def _contact_type(instance: ServiceNowInstance, row: Any) -> str:
    return _CONTACT_TYPES.get(instance.world.catalog.sources[row.source_id].name, "")


def _course(instance: ServiceNowInstance) -> list[Column]:
    def status(row: Any) -> str:
        return instance.world.catalog.statuses[row.status_id].name

    def state(row: Any) -> str:
        return _STATE_OF.get(status(row), "3")

    return [
        Column("state", state, labels=STATES),
        Column("incident_state", state, labels=STATES),
        Column("hold_reason", lambda row: _HOLD_OF.get(status(row), ""), labels=_HOLD_REASONS),
        Column("active", lambda row: truth(row.closed_at is None), "boolean"),
        Column("short_description", lambda row: _text(instance, row)),
        Column("description", lambda row: row.summary if row.id % 3 else ""),
        stamp("opened_at", lambda row: row.created_at),
        stamp("resolved_at", lambda row: row.closed_at),
        stamp("closed_at", lambda row: row.closed_at),
        Column("close_code", lambda row: "Solved (Permanently)" if row.closed_at else ""),
        Column("reopen_count", lambda row: str(row.reopened)),
        Column("made_sla", lambda row: truth((row.closed_at or 0) - row.created_at < 5 * 86400), "boolean"),
        Column("time_worked", lambda row: stamp_of(row.minutes * 60) if row.minutes else "", "duration"),
        Column("calendar_duration", _duration, "duration"),
    ]


def _text(instance: ServiceNowInstance, row: Any) -> str:
    broken = instance.site.faults.on("nul") and row.id % 50 == 0
    return f"{row.summary}\0" if broken else str(row.summary)


def _duration(row: Any) -> str:
    return stamp_of(row.closed_at - row.created_at) if row.closed_at else ""

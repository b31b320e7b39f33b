"""Columns of an incident that was read from the event log: its own values instead of the world's."""

from calendar import timegm
from collections.abc import Callable
from time import strptime
from typing import Any

from simulator.servicenow_columns import Column, empty, stamp_of
from simulator.servicenow_instance import ListedRows, ServiceNowInstance
from simulator.world_log import LogStory

LOG_STATES = {
    "1": "New",
    "2": "Active",
    "3": "Awaiting Problem",
    "4": "Awaiting User Info",
    "5": "Awaiting Evidence",
    "6": "Resolved",
    "7": "Closed",
    "8": "Awaiting Vendor",
}
"""incident_state as releases before Istanbul numbered it; -100 stands in the log itself."""

_CODES = {label: code for code, label in LOG_STATES.items()}
_GRADED = ("impact", "urgency", "priority")
_COUNTS = ("reassignment_count", "reopen_count", "sys_mod_count")
_FLAGS = ("active", "made_sla", "knowledge", "u_priority_confirmation")
_TEXTS = ("category", "subcategory", "u_symptom", "contact_type", "notify", "sys_created_by", "sys_updated_by")
_NAMED = {
    "location": "cmn_location",
    "cmdb_ci": "cmdb_ci",
    "problem_id": "problem_label",
    "rfc": "change_label",
    "caused_by": "change_label",
    "vendor": "vendor_label",
}


def log_columns(instance: ServiceNowInstance, story: LogStory) -> list[Column]:
    """The log's columns under ServiceNow's names."""
    for table in set(_NAMED.values()):
        instance.add(_label_table(instance, table))
    return [
        *[Column(name, _from_line(name, _code), labels=_grades(story, name)) for name in _GRADED],
        *[Column(name, _from_line(name, str)) for name in (*_COUNTS, *_TEXTS)],
        *[Column(name, _from_line(name, str.lower), "boolean") for name in _FLAGS],
        *[_reference(instance, name, table) for name, table in _NAMED.items()],
        *[Column(name, _from_line(name, _stamp), "stamp") for name in ("opened_at", "resolved_at", "closed_at")],
        Column("sys_created_on", _from_line("sys_created_at", _stamp), "stamp"),
        Column("close_code", _from_line("closed_code", str)),
        Column("state", _from_line("incident_state", _state), labels=LOG_STATES),
        Column("incident_state", _from_line("incident_state", _state), labels=LOG_STATES),
        *[_person(instance, story, name) for name in ("opened_by", "assigned_to", "resolved_by")],
        Column("assignment_group", lambda row: _group(instance, row), "reference", "sys_user_group"),
        *empty("hold_reason", "closed_by", "calendar_duration"),
    ]


def _from_line(name: str, read: Callable[[str], str]) -> Callable[[Any], str]:
    def value(row: Any) -> str:
        text = row.details[name]
        return "" if text == "?" else read(text)

    return value


def _state(label: str) -> str:
    return _CODES.get(label, label)


def _code(label: str) -> str:
    """`3 - Moderate` is 3."""
    return label.partition(" ")[0]


def _grades(story: LogStory, name: str) -> dict[str, str]:
    return {_code(line[name]): line[name] for line in story.lines}


def _stamp(text: str) -> str:
    return stamp_of(timegm(strptime(text, "%d-%m-%Y %H:%M")))


def _reference(instance: ServiceNowInstance, name: str, table: str) -> Column:
    read = _from_line(name, lambda label: instance.labels.sys_id(table, label))
    return Column(name, read, "reference", table)


def _person(instance: ServiceNowInstance, story: LogStory, name: str) -> Column:
    read = _from_line(name, lambda label: instance.ids.of("members", story.people[label]))
    return Column(name, read, "reference", "sys_user")


def _group(instance: ServiceNowInstance, row: Any) -> str:
    return instance.ids.of("boards", row.board_id) if row.board_id else ""


def _label_table(instance: ServiceNowInstance, name: str) -> ListedRows:
    own = [
        Column("sys_id", lambda row: row[1], "sys_id"),
        Column("name", lambda row: row[2]),
        Column("sys_updated_on", lambda row: stamp_of(row[0]), "stamp"),
    ]
    return ListedRows(name, "name", {column.name: column for column in own}, lambda: instance.labels.rows(name))

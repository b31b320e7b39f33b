"""Case, Task and Event: the world's tickets and time entries.

Salesforce knows no time entry: even ones are logged calls (Task), odd ones appointments (Event).
"""

from datetime import UTC, datetime
from typing import Any

from simulator.salesforce_audit import (
    ACCOUNT,
    CASE,
    CONTACT,
    EVENT,
    QUEUE,
    TASK,
    USER,
    audit,
    identifier,
    is_deleted,
    nulls,
    own_id,
    reference,
    updater,
)
from simulator.salesforce_ids import record_id
from simulator.salesforce_org import Rows, SalesforceOrg, day_of, stamp_of
from simulator.salesforce_schema import Child, Field, sobject
from simulator.world import World, genes

_PRIORITIES = {1: "Critical", 2: "High", 3: "Medium", 4: "Low"}
_ORIGINS = {"Email Connector": "Email", "Portal": "Web"}


def add_work(org: SalesforceOrg) -> None:
    """Put the objects into the org."""
    world = org.world
    cases = Rows(CASE, world.tickets)
    tasks = Rows(TASK, world.time_entries, lambda row: row.id % 2 == 0 and not org.has_field_service())
    events = Rows(EVENT, world.time_entries, lambda row: row.id % 2 == 1 and not org.has_field_service())
    children = (
        Child("Tasks", "Task", "WhatId"),
        Child("Events", "Event", "WhatId"),
        Child("Cases", "Case", "ParentId"),
    )
    org.add(sobject("Case", CASE, "Cases", _case(org, cases), *children), cases)
    org.add(sobject("Task", TASK, "Tasks", _task(org, tasks)), tasks)
    org.add(sobject("Event", EVENT, "Events", _event(org, events)), events)


def _case(org: SalesforceOrg, rows: Rows) -> list[Field]:
    world, catalog = org.world, org.world.catalog
    statuses = tuple(label.name.lstrip(">") for label in catalog.statuses.values())
    return [
        own_id(CASE),
        is_deleted(rows),
        Field("MasterRecordId", "reference", identifier(CASE, lambda row: row.merged_into), ("Case",), "MasterRecord"),
        Field("CaseNumber", "string", lambda row: f"{row.id:08d}"),
        reference("ContactId", CONTACT, "Contact", lambda row: row.contact_id),
        reference("AccountId", ACCOUNT, "Account", lambda row: row.company_id),
        *_no_references("AssetId", "Asset"),
        Field("ParentId", "reference", lambda _: None, ("Case",), "Parent"),
        *_no_references("BusinessHoursId", "BusinessHours"),
        *nulls("string", "SuppliedName", "SuppliedPhone", "SuppliedCompany"),
        *nulls("email", "SuppliedEmail"),
        Field("Type", "picklist", lambda row: catalog.types[row.type_id].name),
        Field("Status", "picklist", lambda row: catalog.statuses[row.status_id].name.lstrip(">"), values=statuses),
        *nulls("picklist", "Reason"),
        Field("Origin", "picklist", lambda row: _origin(catalog.sources[row.source_id].name)),
        Field("Subject", "string", lambda row: f"{row.summary}\0" if _nul(org, row) else row.summary),
        Field("Priority", "picklist", lambda row: _PRIORITIES.get(row.priority_id), values=tuple(_PRIORITIES.values())),
        Field("Description", "textarea", lambda row: _description(world, row)),
        Field("IsClosed", "boolean", lambda row: catalog.statuses[row.status_id].closed),
        Field("ClosedDate", "datetime", lambda row: stamp_of(row.closed_at)),
        Field("IsEscalated", "boolean", lambda row: row.reopened > 1),
        Field("OwnerId", "reference", _owner, ("Group", "User"), "Owner"),
        *nulls("datetime", "SlaStartDate", "SlaExitDate", "StopStartDate"),
        Field("IsStopped", "boolean", lambda _: False),
        *nulls("string", "MilestoneStatus"),
        *_of_contact(world),
        *nulls("textarea", "Comments"),
        *audit(lambda row: row.created_by, updater),
        Field("Board__c", "picklist", lambda row: catalog.boards[row.board_id].name),
        Field("Minutes_Worked__c", "double", lambda row: float(row.minutes)),
        Field("SLAViolation__c", "picklist", _late, values=("Yes", "No")),
        Field("Age_Days__c", "double", lambda row: _age(world, row), calculated=True),
    ]


def _nul(org: SalesforceOrg, row: Any) -> bool:
    return org.site.faults.on("nul") and row.id % 50 == 0


def _of_contact(world: World) -> list[Field]:
    """Fields that show the contact's values and move with them, not with the case's stamp."""

    def read(name: str) -> Any:
        return lambda row: getattr(world.contacts.get(row.contact_id or 0), name, None)

    kinds = {
        "ContactPhone": ("phone", "phone"),
        "ContactMobile": ("phone", "mobile"),
        "ContactEmail": ("email", "email"),
    }
    shown = [Field(name, kind, read(source), calculated=True) for name, (kind, source) in kinds.items()]
    return [*shown, *nulls("phone", "ContactFax")]


def _activity(org: SalesforceOrg, prefix: str, rows: Rows) -> list[Field]:
    """What Task and Event share."""
    world = org.world

    def contact(row: Any) -> int | None:
        ticket = world.tickets.get(row.ticket_id)
        return ticket.contact_id if ticket else None

    return [
        own_id(prefix),
        is_deleted(rows),
        Field("WhoId", "reference", identifier(CONTACT, contact), ("Contact", "Lead"), "Who"),
        Field("WhatId", "reference", identifier(CASE, lambda row: row.ticket_id), ("Account", "Case"), "What"),
        Field("Subject", "string", lambda _: "Call" if prefix == TASK else "On-site visit"),
        Field("ActivityDate", "date", lambda row: day_of(row.started_at)),
        reference("OwnerId", USER, "User", lambda row: row.member_id),
        Field("Description", "textarea", lambda row: row.notes),
        reference("AccountId", ACCOUNT, "Account", lambda row: row.company_id),
        Field("IsArchived", "boolean", org.is_archived),
        *audit(lambda row: row.member_id, updater),
        Field("Billable__c", "picklist", lambda row: row.billable, values=("Billable", "DoNotBill", "NoCharge")),
        Field("Billed_Minutes__c", "double", lambda row: float(row.billed_minutes)),
        Field("Hourly_Rate__c", "currency", lambda row: float(row.hourly_rate)),
        Field("Work_Type__c", "picklist", lambda row: world.catalog.work_types[row.work_type_id].name),
        Field("Approval__c", "picklist", lambda row: row.status),
    ]


def _task(org: SalesforceOrg, rows: Rows) -> list[Field]:
    return [
        *_activity(org, TASK, rows),
        Field("Status", "picklist", lambda _: "Completed", values=("Not Started", "In Progress", "Completed")),
        Field("Priority", "picklist", lambda _: "Normal", values=("High", "Normal", "Low")),
        Field("IsClosed", "boolean", lambda _: True),
        Field("CallDurationInSeconds", "int", lambda row: row.minutes * 60),
        Field("TaskSubtype", "picklist", lambda _: "Call", values=("Task", "Call", "Email")),
        Field("CompletedDateTime", "datetime", lambda row: stamp_of(row.started_at + row.minutes * 60)),
    ]


def _event(org: SalesforceOrg, rows: Rows) -> list[Field]:
    return [
        *_activity(org, EVENT, rows),
        Field("StartDateTime", "datetime", lambda row: stamp_of(row.started_at)),
        Field("EndDateTime", "datetime", lambda row: stamp_of(row.started_at + row.minutes * 60)),
        Field("ActivityDateTime", "datetime", lambda row: stamp_of(row.started_at)),
        Field("DurationInMinutes", "int", lambda row: row.minutes),
        Field("IsAllDayEvent", "boolean", lambda _: False),
        Field("EventSubtype", "picklist", lambda _: "Event", values=("Event",)),
        *nulls("string", "Location"),
    ]


def _no_references(name: str, target: str) -> list[Field]:
    return [Field(name, "reference", lambda _: None, (target,), name.removesuffix("Id"))]


def _owner(row: Any) -> str:
    """A user, or the board's queue while nobody has taken the case."""
    return record_id(QUEUE, row.board_id) if row.owner_id is None else record_id(USER, row.owner_id)


def _origin(source: str) -> str:
    return _ORIGINS.get(source, source)


def _late(row: Any) -> str:
    return "Yes" if row.closed_at and row.closed_at - row.created_at > 5 * 86400 else "No"


def _age(world: World, row: Any) -> float:
    """Whole days from birth to closing or now: a formula, so it changes without a stamp."""
    return float(((row.closed_at or world.now) - row.created_at) // 86400)


def _description(world: World, row: Any) -> str | None:
    """Some descriptions hold newlines, quotes and the word null."""
    drawn = genes(world.seed, row.id, 3) % 8
    if drawn > 3:
        return None
    when = datetime.fromtimestamp(row.created_at, UTC).date()
    return (
        f'{row.summary}\nReported {when}: "again", said the user.',
        "NA",
        "null",
        f"Since {when}, everywhere.\r\n\r\n- floor 1,\n- floor 2",
    )[drawn]

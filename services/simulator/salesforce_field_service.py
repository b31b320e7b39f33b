"""WorkOrder and TimeSheetEntry: where Field Service is there, time entries are its rows, not Tasks and Events."""

from operator import attrgetter

from simulator.salesforce_audit import (
    ACCOUNT,
    CASE,
    CONTACT,
    USER,
    audit,
    is_deleted,
    nulls,
    own_id,
    reference,
    updater,
)
from simulator.salesforce_org import Rows, SalesforceOrg, stamp_of
from simulator.salesforce_schema import Field, sobject

WORK_ORDER, ENTRY = "0WO", "0hE"


def add_field_service(org: SalesforceOrg) -> None:
    """Put the objects into the org."""
    orders, entries = Rows(WORK_ORDER, org.world.tickets), Rows(ENTRY, org.world.time_entries)
    org.add(sobject("WorkOrder", WORK_ORDER, "Work Orders", _order(org, orders)), orders)
    org.add(sobject("TimeSheetEntry", ENTRY, "Time Sheet Entries", _entry(org, entries)), entries)


def _order(org: SalesforceOrg, rows: Rows) -> list[Field]:
    catalog = org.world.catalog
    return [
        own_id(WORK_ORDER),
        is_deleted(rows),
        Field("WorkOrderNumber", "string", lambda row: f"{row.id:08d}"),
        reference("CaseId", CASE, "Case", attrgetter("id")),
        reference("AccountId", ACCOUNT, "Account", lambda row: row.company_id),
        reference("ContactId", CONTACT, "Contact", lambda row: row.contact_id),
        Field("Subject", "string", lambda row: row.summary),
        Field("Status", "picklist", lambda row: catalog.statuses[row.status_id].name.lstrip(">")),
        *audit(lambda row: row.created_by, updater),
    ]


def _entry(org: SalesforceOrg, rows: Rows) -> list[Field]:
    work_types = org.world.catalog.work_types
    return [
        own_id(ENTRY),
        is_deleted(rows),
        Field("TimeSheetEntryNumber", "string", lambda row: f"TSE-{row.id:06d}"),
        reference("WorkOrderId", WORK_ORDER, "WorkOrder", lambda row: row.ticket_id),
        *nulls("string", "WorkOrderLineItemId", "TimeSheetId"),
        Field("Subject", "string", lambda _: "Work"),
        Field("Description", "textarea", lambda row: row.notes),
        Field("StartTime", "datetime", lambda row: stamp_of(row.started_at)),
        Field("EndTime", "datetime", lambda row: stamp_of(row.started_at + row.minutes * 60)),
        Field("DurationInMinutes", "int", lambda row: row.minutes),
        Field("Type", "picklist", lambda row: work_types[row.work_type_id].name),
        Field("Status", "picklist", lambda row: row.status),
        reference("OwnerId", USER, "User", lambda row: row.member_id),
        *audit(lambda row: row.member_id, updater),
    ]

"""A ticket and a time entry as ConnectWise PSA shows them."""

from typing import Any

from simulator.connectwise_plain import TICKET, TIME_ENTRY
from simulator.connectwise_refs import Refs, custom_fields, guid
from simulator.world import genes
from simulator.world_rows import Ticket, TimeEntry
from simulator.world_truth import iso

LEVELS = ("Low", "Medium", "High")
WEEK = 7 * 86_400


def ticket(refs: Refs, row: Ticket) -> dict[str, Any]:
    """`service/tickets`; None stands for what ConnectWise leaves out."""
    bits = genes(refs.world.seed, row.id)
    lists = refs.world.catalog
    return {
        "id": row.id,
        "summary": row.summary,
        **TICKET,
        "board": refs.label("board", lists.boards, row.board_id, "service/boards"),
        "status": refs.status(row.status_id),
        "type": refs.label("type", lists.types, row.type_id),
        "subType": refs.fixed(3, "VPN") if row.type_id % 2 else None,
        "item": refs.fixed(5, "Client") if row.type_id % 3 == 0 else None,
        "priority": refs.priority(row.priority_id),
        "source": refs.label("source", lists.sources, row.source_id),
        "budgetHours": bits % 9 / 2,
        "agreement": refs.fixed(3, "Managed", type="Managed Services") if bits & 1 else None,
        "severity": LEVELS[bits >> 3 & 1],
        "impact": LEVELS[1 + (bits >> 4 & 1)],
        "customerUpdatedFlag": bits % 7 == 0,
        "actualHours": row.minutes / 60,
        "hasMergedChildTicketFlag": row.has_merged,
        "mergedParentTicket": refs.ticket(refs.world.tickets.get(row.merged_into or 0)),
        "mobileGuid": guid(bits),
        **_of_people(refs, row),
        **_of_times(row, bits),
        **_of_setup(refs),
        "customFields": custom_fields(bits),
        "_info": refs.info(
            row,
            row.created_by,
            notes_href=f"service/tickets/{row.id}/notes",
            timeentries_href=f"time/entries?conditions=chargeToId={row.id}",
        ),
    }


def _of_people(refs: Refs, row: Ticket) -> dict[str, Any]:
    contact, owner = refs.contact_row(row.contact_id), refs.login(row.owner_id)
    return {
        "company": refs.company(row.company_id),
        "contact": refs.contact(row.contact_id),
        "contactName": refs.contact_name(row.contact_id),
        "contactPhoneNumber": contact.phone if contact else None,
        "contactEmailAddress": contact.email if contact else None,
        "owner": refs.member(row.owner_id),
        "resources": ", ".join(filter(None, (owner, refs.login(row.updated_by)))) or None,
        "closedBy": refs.login(row.closed_by),
        "respondedBy": owner if row.responded_at else None,
        "resolvedBy": refs.login(row.closed_by),
    }


def _of_times(row: Ticket, bits: int) -> dict[str, Any]:
    done = row.closed_at is not None
    return {
        "requiredDate": iso(row.created_at + WEEK) if bits % 5 == 0 else None,
        "closedDate": iso(row.closed_at),
        "closedFlag": done,
        "dateResolved": iso(row.closed_at),
        "dateResplan": iso(row.responded_at),
        "dateResponded": iso(row.responded_at),
        "resolveMinutes": (row.closed_at - row.created_at) // 60 if row.closed_at else 0,
        "respondMinutes": (row.responded_at - row.created_at) // 60 if row.responded_at else 0,
        "isInSla": bits % 11 != 0,
        "slaStatus": "Resolved" if done else f"Respond by Mon 07/04 {1 + bits % 12}:00 PM UTC-04",
        "escalationStartDateUTC": iso(row.created_at),
        "escalationLevel": row.reopened,
    }


def _of_setup(refs: Refs) -> dict[str, Any]:
    return {
        "site": refs.fixed(20, "Main"),
        "team": refs.fixed(25, "Service Team"),
        "serviceLocation": refs.fixed(2, "In-house"),
        "location": refs.fixed(2, "Tampa"),
        "department": refs.fixed(10, "Services", identifier="Services"),
        "sla": refs.fixed(1, "Standard"),
        "currency": refs.fixed(7, "US Dollars", symbol="$", currencyCode="USD"),
    }


def time_entry(refs: Refs, row: TimeEntry) -> dict[str, Any]:
    """`time/entries`, with the extra fields no document names."""
    bits = genes(refs.world.seed, row.id, 1)
    charged = refs.world.tickets.get(row.ticket_id)
    hours, billed = row.minutes / 60, row.billed_minutes / 60
    lists = refs.world.catalog
    billing = row.status == "Billed"
    return {
        **TIME_ENTRY,
        "id": row.id,
        "company": refs.company(row.company_id),
        "chargeToId": row.ticket_id,
        "member": refs.member(row.member_id),
        "workType": refs.label("worktype", lists.work_types, row.work_type_id, "time/workTypes"),
        "workRole": refs.fixed(11, "Engineer"),
        "agreement": refs.fixed(3, "Managed", type="Managed Services") if bits & 1 else None,
        "timeStart": iso(row.started_at),
        "timeEnd": iso(row.started_at + row.minutes * 60),
        "actualHours": hours,
        "billableOption": row.billable,
        "notes": row.notes,
        "addToDetailDescriptionFlag": bool(bits & 2),
        "hoursBilled": billed,
        "invoiceHours": billed,
        "hourlyRate": float(row.hourly_rate),
        "enteredBy": refs.login(row.member_id),
        "dateEntered": iso(row.created_at),
        "invoice": refs.fixed(1 + row.id // 40, "Invoice", identifier="3") if billing else None,
        "mobileGuid": guid(bits),
        "timeSheet": refs.fixed(row.started_at // WEEK, "Week"),
        "status": row.status,
        "ticket": refs.ticket(charged),
        "ticketBoard": lists.boards[charged.board_id].name if charged else None,
        "ticketStatus": lists.statuses[charged.status_id].name if charged else None,
        "invoiceReady": int(row.status == "ReadyToBill"),
        "hourlyCost": f"{row.hourly_rate * 72}.00",
        "_info": refs.info(row, None, chargeToMobileGuid=guid(bits >> 1)) | {"chargeToMobileGuid": guid(bits >> 1)},
    }

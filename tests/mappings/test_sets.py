"""The words of three sources become one set of each kind: a word that is not known here is `other`."""

import pytest
from tests.mappings.test_mappings import MAPPINGS, mapped_all

TICKETS = {"connectwise": "service/tickets", "servicenow": "incident", "salesforce": "Case"}
CONTACTS = {"connectwise": "company/contacts", "servicenow": "sys_user", "salesforce": "Contact"}
STATUSES = {
    "connectwise": {
        "New": "new", "New (email connector)": "new", "In Progress": "in_progress", ">Assigned": "in_progress",
        "Customer Notified": "notified", "Waiting on Client": "on_hold", "Pending RMA": "on_hold",
        "Completed": "resolved", ">Closed": "closed", "Closed - No Response": "closed", ">Cancelled": "canceled",
        "Re-Opened": "reopened", "Gone Fishing": "other", "In Progress\u200b": "other", "": "other",
    },
    "salesforce": {
        "New": "new", "Working": "in_progress", "Escalated": "in_progress", "On Hold": "on_hold",
        "Waiting on Customer": "on_hold", "Customer Notified": "notified", "Solved": "resolved", "Closed": "closed",
        "Merged": "closed", "Cancelled": "canceled", "Re-Opened": "reopened", "Gone Fishing": "other",
    },
}  # fmt: skip
CODES = {
    ("incident", "true"): {"1": "new", "2": "in_progress", "3": "on_hold", "4": "on_hold", "6": "resolved"},
    ("incident", "false"): {"7": "closed", "8": "canceled"},
    ("problem", "true"): {"101": "new", "103": "in_progress", "106": "resolved", "4": "on_hold"},
    ("problem", "false"): {"107": "closed", "4": "closed"},
    ("change_request", "true"): {"-5": "new", "-4": "in_progress", "-1": "in_progress", "0": "in_progress"},
    ("change_request", "false"): {"3": "closed", "4": "canceled"},
    ("sc_req_item", "true"): {"-5": "on_hold", "1": "new", "2": "in_progress"},
    ("sc_req_item", "false"): {"3": "closed", "4": "closed", "7": "closed"},
}
PRIORITIES = {
    "connectwise": {
        "Priority 1 - Emergency Response": "critical", "Priority 2 - Quick Response": "high", "Priority 3": "medium",
        "Priority 4 - Scheduled Maintenance": "low", "Do Not Respond": "low", "Whenever": "other",
    },
    "servicenow": {"1": "critical", "2": "high", "3": "medium", "4": "low", "5": "low", "": "other"},
    "salesforce": {"Critical": "critical", "High": "high", "Medium": "medium", "Low": "low", "Whenever": "other"},
}  # fmt: skip
APPROVALS = {
    "Open": "open", "ErrorsCorrected": "open", "PendingApproval": "submitted", "PendingProjectApproval": "submitted",
    "ApprovedByTierOne": "approved", "ReadyToBill": "approved", "Rejected": "rejected",
    "RejectBySecondTier": "rejected", "Billed": "billed", "WrittenOff": "billed", "BilledAgreement": "billed",
    "Lost": "other",
}  # fmt: skip
PHONES = {
    "+1 (813) 555-0100": "+18135550100", "813.555.0100 ext. 12": "8135550100", "813 555 0100 x7": "8135550100",
    "8135550100\u200b": "8135550100", "none": None, "": None,
}  # fmt: skip
MAILS = {" Ann@Acme.Example\u200b ": "ann@acme.example", "": None}


async def tell(source, name, folder, column, words, record):
    """What a column says of each word, in a record with little else in it."""
    entity = MAPPINGS.entity(source, name)
    rows = await mapped_all(entity, [{entity.key: "7", **record(word)} for word in words], folder)
    return {word: row[column] for word, row in zip(words, rows, strict=True)}


def spoken(source, word):
    """A word as the source wraps it."""
    return {"name": word} if source == "connectwise" else word


def field(source, name):
    """A field's name as the source writes it."""
    return name.capitalize() if source == "salesforce" else name


@pytest.mark.parametrize("source", STATUSES)
async def test_statuses(source, tmp_path):
    """A status is one of the set; what no list holds is other, never a guess."""

    def ticket(word):
        return {field(source, "status"): spoken(source, word)}

    assert await tell(source, TICKETS[source], tmp_path, "status", STATUSES[source], ticket) == STATUSES[source]


@pytest.mark.parametrize(("kind", "active"), CODES)
async def test_codes_of_servicenow_mean_what_their_class_says(kind, active, tmp_path):
    """The same code is closed for a change and on hold for an incident."""

    def task(code):
        return {"state": code, "sys_class_name": kind, "active": active}

    assert await tell("servicenow", "incident", tmp_path, "status", CODES[kind, active], task) == CODES[kind, active]


@pytest.mark.parametrize("source", PRIORITIES)
async def test_priorities(source, tmp_path):
    """A priority is one of the set."""

    def ticket(word):
        return {field(source, "priority"): spoken(source, word)}

    assert await tell(source, TICKETS[source], tmp_path, "priority", PRIORITIES[source], ticket) == PRIORITIES[source]


async def test_where_a_time_entry_stands(tmp_path):
    """The approvals of ConnectWise, all twelve."""
    found = await tell("connectwise", "time/entries", tmp_path, "status", APPROVALS, lambda word: {"status": word})
    assert found == APPROVALS


@pytest.mark.parametrize(("column", "words"), [("phone", PHONES), ("email", MAILS)])
@pytest.mark.parametrize("source", CONTACTS)
async def test_mails_and_phones_have_one_form_in_all_sources(source, column, words, tmp_path):
    """Phones are digits and a leading +, without an extension; mails are small, with nothing that does not show."""

    def contact(word):
        if source == "connectwise":
            return {"communicationItems": [{"communicationType": column.capitalize(), "value": word}]}
        return {field(source, column): word}

    assert await tell(source, CONTACTS[source], tmp_path, column, words, contact) == words

"""Salesforce's log of deletes, its ids, and what check finds, without a network."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.flows import play, reply
from tests.unit.salesforce_org import BASE, CASE, GONE, NO_TYPE, SESSION, SHIFT, column

from avesa.core.windows import Window
from avesa.errors import SourceUnavailable, Split
from avesa.sources.dialect import Page
from avesa.sources.salesforce import Salesforce
from avesa.sources.salesforce_ids import id18

DELETED = replace(CASE, name="Case/deleted", key="id", time="deletedDate", options={"api": "deleted"}, tombstones=True)
WINDOW = Window(datetime(2026, 1, 20, 10, 0, 30, tzinfo=UTC), datetime(2026, 1, 20, 11, 0, 30, tzinfo=UTC))
TOO_OLD = reply(
    [{"errorCode": "INVALID_REPLICATION_DATE", "message": "startDate too old"}],
    400,
    date="Tue, 20 Jan 2026 12:00:00 GMT",
)


def log(*times, earliest="2026-01-01T00:00:00.000+0000"):
    """The log of deletes, an id a time."""
    records = [
        {"id": f"500xx000001AbC{n}", "deletedDate": f"2026-01-20T{time}.000+0000"} for n, time in enumerate(times)
    ]
    return reply({"deletedRecords": records, "earliestDateAvailable": earliest, "latestDateCovered": earliest})


def walk(*answers, window=WINDOW, entity=DELETED):
    """A walk through the log."""
    return play(Salesforce().walk(entity, window, SESSION, 1), *answers)


def test_deletes_inside_the_window_become_tombstones_t15():
    """Whole minutes are asked for, since seconds are ignored; what is outside the window is left to its neighbour."""
    (request, page), proof = walk(log("10:00:00", "10:00:30", "11:00:29", "11:00:30"), None)
    assert request.url == f"{BASE}/sobjects/Case/deleted/"
    assert dict(request.params) == {"start": "2026-01-20T10:00:00Z", "end": "2026-01-20T11:01:00Z"}
    assert isinstance(page, Page)
    assert [r["deletedDate"][11:19] for r in json.loads(page.body)] == ["10:00:30", "11:00:29"]
    assert [r["id"] for r in json.loads(page.body)] == [id18("500xx000001AbC1"), id18("500xx000001AbC2")]
    assert proof.notes == ()


def test_the_count_is_of_the_window():
    """Count and walk see the same records."""
    assert play(Salesforce().count(DELETED, WINDOW, SESSION), log("10:00:00", "10:00:30"))[1] == 1
    assert play(Salesforce().oldest(DELETED, SESSION))[1] == ""


def test_a_window_of_seconds_still_spans_a_minute():
    """Start and end in one minute are asked for as that minute."""
    start = datetime(2026, 1, 20, 10, 0, 0, tzinfo=UTC)
    (request,), _ = walk(log(), window=Window(start, start + timedelta(seconds=1)))
    assert dict(request.params)["end"] == "2026-01-20T10:01:00Z"


def test_beyond_the_horizon_is_said_so_t15():
    """15 days back by Salesforce's clock: older windows are empty with a note, straddling ones start at the horizon."""
    old = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    (_,), proof = walk(TOO_OLD, window=old)
    assert proof.notes == ("Deletes before 2026-01-05T12:01:00Z are older than Salesforce keeps them.",)
    (_, request, _), proof = walk(TOO_OLD, log("10:00:30"), None, window=Window(old.start, WINDOW.end))
    assert dict(request.params)["start"] == "2026-01-05T12:01:00Z"
    assert "older than" in proof.notes[0]


def test_a_purged_log_is_said_so_t15():
    """EarliestDateAvailable later than the start: deletes are missing, and the note says so."""
    _, proof = walk(log("10:30:00", earliest="2026-01-20T10:15:00.000+0000"), None)
    assert "purged" in proof.notes[0]


def test_too_many_ids_split_the_window_t15():
    """600,000 ids are the most."""
    with pytest.raises(Split):
        walk(reply([{"errorCode": "EXCEEDED_ID_LIMIT", "message": "too many"}], 400))
    with pytest.raises(SourceUnavailable):
        walk(reply(b"null"))


def test_an_optional_objects_log_may_be_missing():
    """No object, no log."""
    _, proof = walk(GONE, entity=replace(DELETED, optional=True))
    assert "not there" in proof.notes[0]


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("001xx000003DGbY", "001xx000003DGbYAAW"),
        ("500xx000001AbCd", "500xx000001AbCdAAK"),
        ("005xx000001Sv6t", "005xx000001Sv6tAAC"),
        ("AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA555"),
    ],
)
def test_ids_get_their_checksum(short, long):
    """15 characters are case-sensitive; three more make them safe in any case."""
    assert id18(short) == long
    assert id18(long) == long


@given(st.text("abcXYZ019", min_size=15, max_size=15), st.text("abcXYZ019", min_size=15, max_size=15))
def test_ids_that_differ_in_case_alone_stay_apart(one, other):
    """Folded to one case, two different ids still differ."""
    if one != other:
        assert id18(one).lower() != id18(other).lower()


@given(st.text(max_size=20))
def test_what_is_no_id_is_left_alone(text):
    """Only 15 letters and digits are an id."""
    assert id18(text).startswith(text)


LIMITS = reply({"DailyApiRequests": {"Max": 100, "Remaining": 5}, "DailyBulkV2QueryJobs": {"Max": 10, "Remaining": 9}})


def check(*answers, entity=CASE):
    """Check an entity."""
    return play(Salesforce().inspect(entity, SESSION), *answers)[1]


def test_check_names_hidden_columns_formulas_and_what_is_left_t21():
    """Each with what to do; what is left of the day is measured against the tenant's reserve."""
    fields = [column("Id"), column("SystemModstamp"), column("Status"), column("Age__c", calculated=True)]
    hidden, formulas, requests, jobs = check(reply({"fields": fields}), LIMITS)
    assert (hidden.fine, "Comments" in hidden.detail) == (False, True)
    assert (formulas.fine, "Age__c" in formulas.detail, "refresh_days" in formulas.detail) == (False, True, True)
    assert (requests.fine, jobs.fine) == (False, True)
    refreshed = check(reply({"fields": fields}), LIMITS, entity=replace(CASE, options={"refresh_days": 7}))
    assert len(refreshed) == 3


def test_check_of_a_readable_object_is_fine():
    """All columns there: one good line."""
    fields = [column("Id"), column("SystemModstamp"), column("Status"), column("Comments")]
    assert check(reply({"fields": fields}), LIMITS)[0].fine


def test_check_of_objects_that_are_not_there():
    """A required one is a fault with a remedy, an optional one is not."""
    (missing,) = check(NO_TYPE)
    assert (missing.fine, "permission set" in missing.detail) == (False, True)
    (optional,) = check(GONE, entity=SHIFT)
    assert optional.fine
    (keyless,) = [f for f in check(reply({"fields": [column("Id")]}), LIMITS) if f.subject == "Case"]
    assert not keyless.fine


@pytest.mark.parametrize("kept", [True, False])
def test_check_of_a_log_of_deletes_t15(kept):
    """An object that is not replicateable keeps no log."""
    (found,) = check(reply({"fields": [], "replicateable": kept}), entity=DELETED)
    assert found.fine is kept

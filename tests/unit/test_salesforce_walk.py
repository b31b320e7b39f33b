"""Salesforce's way through a window by REST, without a network."""

import json
import re
from dataclasses import replace
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.flows import against, play, reply
from tests.unit.salesforce_org import (
    BASE,
    CASE,
    DESCRIBED,
    GONE,
    LOST,
    NEXT,
    NO_TYPE,
    SESSION,
    SHIFT,
    TIMEOUT,
    WINDOW,
    column,
    landed,
    page,
    row,
    soql,
    wide,
)

from avesa.errors import Park, Reject, SignedOut, SlowDown, SourceUnavailable, Split, Unproven
from avesa.sources.dialect import Page, Request
from avesa.sources.salesforce import Salesforce


def walk(count=1, entity=CASE):
    """A walk through the window."""
    return Salesforce().walk(entity, WINDOW, SESSION, count)


def test_a_window_is_read_in_time_and_id_order_with_deleted_rows_t3():
    """queryAll, half-open on SystemModstamp, ordered by time and Id; columns come from describe, custom ones too."""
    rows = [row("a")]
    (describe, query, _), proof = play(walk(), DESCRIBED, page(rows), landed(rows))
    assert describe.url == f"{BASE}/sobjects/Case/describe"
    assert query.url == f"{BASE}/queryAll"
    assert soql(query) == (
        "SELECT Id, SystemModstamp, Status, SLA__c FROM Case WHERE SystemModstamp >= 2026-01-01T00:00:00Z "
        "AND SystemModstamp < 2026-01-02T00:00:00Z ORDER BY SystemModstamp, Id"
    )
    assert proof.notes == ("Hidden from the user and left out: Comments.",)


def test_next_records_are_followed_although_they_say_query():
    """QueryAll's nextRecordsUrl says /query/ and is followed as it is, on the session's own host; `done` ends."""
    first, second = [row("a"), row("b")], [row("c")]
    steps, _ = play(walk(), DESCRIBED, page(first, NEXT), landed(first), page(second), landed(second))
    assert steps[3] == Request("GET", f"https://acme.my.salesforce.com{NEXT}", judged=False)
    assert [s.envelope for s in steps if isinstance(s, Page)] == ["records", "records"]


def test_a_token_goes_to_no_other_host():
    """A next page on another host is asked for on the session's own; one that is no page is no end."""
    first, second = [row("a")], [row("b")]
    foreign = f"https://evil.example{NEXT}"
    steps, _ = play(walk(), DESCRIBED, page(first, foreign), landed(first), page(second), landed(second))
    assert steps[3].url == f"https://acme.my.salesforce.com{NEXT}"
    with pytest.raises(Unproven, match="not where"):
        play(walk(), DESCRIBED, page(first, "//evil.example/x"), landed(first))


def test_a_lost_cursor_is_taken_up_behind_the_last_row_t3():
    """When a query locator has gone, keyset goes on: ties by Id, the stamp in SOQL's spelling."""
    first, second = [row("a", 5)], [row("b", 5)]
    steps, _ = play(walk(), DESCRIBED, page(first, NEXT), landed(first), LOST, page(second), landed(second))
    assert (
        "WHERE (SystemModstamp > 2026-01-01T00:00:05.000Z OR (SystemModstamp = 2026-01-01T00:00:05.000Z AND Id > 'a'))"
        " AND SystemModstamp < 2026-01-02T00:00:00Z"
    ) in soql(steps[4])


def test_a_lost_cursor_is_not_waited_for():
    """Asking again for a cursor that has gone is of no use: the flow goes on, or nobody does."""
    with pytest.raises(Reject):
        Salesforce().judge(LOST)


def test_the_same_page_again_is_noticed_t7():
    """A page whose last row is not behind the one before proves nothing."""
    rows = [row("a")]
    with pytest.raises(Unproven, match="same page"):
        play(walk(), DESCRIBED, page(rows, NEXT), landed(rows), page(rows, NEXT), landed(rows))


def test_a_query_that_ran_too_long_splits_the_window_t4_t9():
    """QUERY_TIMEOUT is never an empty success: the window is halved, in count and walk."""
    with pytest.raises(Split):
        play(Salesforce().count(CASE, WINDOW, SESSION), TIMEOUT)
    with pytest.raises(Split):
        play(walk(), DESCRIBED, TIMEOUT)


def test_count_includes_deleted_rows_and_the_entitys_own_filter():
    """COUNT() over queryAll, with what the mapping adds."""
    entity = replace(CASE, options={"where": "Type = 'A' OR Type = 'B'"})
    (request,), count = play(Salesforce().count(entity, WINDOW, SESSION), page([]))
    assert request.url == f"{BASE}/queryAll"
    assert soql(request) == (
        "SELECT COUNT() FROM Case WHERE SystemModstamp >= 2026-01-01T00:00:00Z "
        "AND SystemModstamp < 2026-01-02T00:00:00Z AND (Type = 'A' OR Type = 'B')"
    )
    assert count == 9


def test_nothing_counted_nothing_asked():
    """An empty window costs its count and no more."""
    assert play(walk(0))[0] == []


def test_an_object_that_is_not_there():
    """A required object names what to do; an optional one is reported and empty."""
    with pytest.raises(Park, match="permission set"):
        play(Salesforce().count(CASE, WINDOW, SESSION), NO_TYPE)
    with pytest.raises(Park, match="permission set"):
        play(walk(), GONE)
    assert play(Salesforce().count(SHIFT, WINDOW, SESSION), NO_TYPE)[1] == 0
    assert "TimeSheetEntry" in play(walk(1, SHIFT), GONE)[1].notes[0]
    assert play(Salesforce().oldest(SHIFT, SESSION), NO_TYPE)[1] == ""


def test_a_hidden_key_or_time_parks():
    """Without Id and SystemModstamp nothing can be read."""
    with pytest.raises(Park, match="SystemModstamp"):
        play(walk(), reply({"fields": [column("Id")]}))


def test_compound_columns_are_left_to_their_parts():
    """Address and location cannot be selected in bulk; a mapped one is told of."""
    entity = replace(CASE, shape={"BillingAddress": "JSON"})
    fields = [column("Id"), column("SystemModstamp"), column("BillingAddress", type="address")]
    rows = [row("a")]
    steps, proof = play(walk(1, entity), reply({"fields": fields}), page(rows), landed(rows))
    assert "BillingAddress" not in soql(steps[1])
    assert "BillingAddress" in proof.notes[0]


def test_a_query_too_long_for_a_uri_loses_custom_columns_and_says_so_t20():
    """Where Bulk cannot take it either, the URI stays within 16,384 bytes and what is left out is named."""
    limits = reply(
        {"DailyApiRequests": {"Max": 100, "Remaining": 99}, "DailyBulkV2QueryJobs": {"Max": 10, "Remaining": 0}}
    )
    rows = [row("a")]
    steps, proof = play(walk(), wide(600), limits, page(rows), landed(rows))
    sent = f"{steps[2].url}?q={quote_plus(soql(steps[2]))}"
    assert 15_000 < len(sent) <= 16_384
    assert f"F{599:030}__c" in proof.notes[-1]
    assert f"F{0:030}__c" not in proof.notes[-1]


def test_the_oldest_row_tells_where_a_backfill_starts():
    """The first row by change time; none is an empty text."""
    (request,), oldest = play(Salesforce().oldest(CASE, SESSION), page([row("a")]))
    assert soql(request) == "SELECT SystemModstamp FROM Case ORDER BY SystemModstamp LIMIT 1"
    assert oldest == "2026-01-01T00:00:00.000+0000"
    assert play(Salesforce().oldest(CASE, SESSION), page([]))[1] == ""


def test_a_probe_is_cheap_and_signed():
    """The limits tell the time and the day's use in their headers."""
    (request,), _ = play(Salesforce().probe(SESSION), reply({}))
    assert (request.url, request.signed) == (f"{BASE}/limits", True)


@pytest.mark.parametrize("body", [b"null", b"[]", b"", b'{"records":[{"Id":'])
def test_a_foreign_or_cut_body_is_no_end(body):
    """What is no whole page is the source's trouble."""
    with pytest.raises(SourceUnavailable):
        play(walk(), DESCRIBED, reply(body))


ERRORS = [
    (401, "INVALID_SESSION_ID", "Session expired or invalid", SignedOut),
    (400, "INVALID_FIELD", "No such column 'X' on sobject of type Account", Reject),
    (400, "MALFORMED_QUERY", "unexpected token", Reject),
    (403, "API_DISABLED_FOR_ORG", "The REST API is not enabled", Park),
    (403, "INSUFFICIENT_ACCESS", "no", Park),
    (403, "SOMETHING_NEW", "no", Park),
    (400, "EXCEEDED_ID_LIMIT", "too many ids", Split),
    (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred", SourceUnavailable),
    (503, "SERVER_UNAVAILABLE", "busy", SourceUnavailable),
    (409, "CONFLICT", "API version", Reject),
]


@pytest.mark.parametrize(("status", "code", "message", "error"), ERRORS)
def test_codes_tell_what_happens_next(status, code, message, error):
    """Each error code has one outcome, and its text the vendor's words."""
    with pytest.raises(error, match=re.escape(message)):
        Salesforce().judge(reply([{"errorCode": code, "message": message}], status))


@pytest.mark.parametrize(
    ("status", "body"),
    [(420, b"We are setting things up"), (406, b""), (502, b"<html>"), (401, b"<html>"), (200, b"<h>")],
)
def test_pages_of_the_edge_pass(status, body):
    """HTML and bodiless answers are transient, with any status."""
    with pytest.raises(SourceUnavailable):
        Salesforce().judge(reply(body, status, content_type="text/html" if body.startswith(b"<") else "text/plain"))


@pytest.mark.parametrize(
    ("message", "seconds"),
    [("TotalRequests Limit exceeded.", 900), ("ConcurrentRequests (Concurrent API Requests) Limit exceeded.", 30)],
)
def test_a_spent_limit_slows_everyone_down_t4_t22(message, seconds):
    """REQUEST_LIMIT_EXCEEDED names no time: a spent day waits longer than a busy moment; neither is a success."""
    with pytest.raises(SlowDown) as told:
        Salesforce().judge(reply([{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": message}], 403))
    assert told.value.seconds == seconds


def test_a_rare_429_is_obeyed():
    """Retry-After is kept where it is sent."""
    with pytest.raises(SlowDown) as told:
        Salesforce().judge(reply(b"", 429, retry_after="5"))
    assert told.value.seconds == 5


@pytest.mark.parametrize(
    ("header", "left", "most"),
    [
        ("api-usage=18/15000", 14982, 15000),
        ("api-usage=18/15000, per-app-api-usage=17/250(appName=x)", 233, 250),
        ("api-usage=10018/100000; api-bursts=1/750", 89982, 100000),
        ("api-usage=15010/15000", 0, 15000),
        ("", None, None),
    ],
)
def test_the_limit_header_feeds_the_budget_t22(header, left, most):
    """All three spellings are read; the tightest allowance counts."""
    limits = Salesforce().limits(reply(b"", sforce_limit_info=header))
    assert (limits.day_left, limits.day_max) == (left, most)


@given(st.lists(st.integers(0, 2), min_size=1, max_size=20), st.integers(1, 4), st.sets(st.integers(0, 30)))
def test_every_row_comes_once_whatever_cursor_is_lost(seconds, size, losses):
    """Whatever ties, page size and lost cursors: each row is landed once, in order."""
    rows = sorted(
        (row(f"{n:02}", second) for n, second in enumerate(seconds)), key=lambda r: (r["SystemModstamp"], r["Id"])
    )
    asked = iter(range(1000))
    last = re.compile(r"SystemModstamp = (\S+) AND Id > '(\w+)'")

    def answer(step):
        if isinstance(step, Page):
            return landed(json.loads(step.body)["records"])
        if step.url.endswith("describe"):
            return DESCRIBED
        if "-" in step.url.rsplit("/", 1)[-1]:
            if next(asked) in losses:
                return LOST
            start = int(step.url.rsplit("-", 1)[-1])
        else:
            after = last.search(soql(step))
            mark = (after[1].replace("Z", "+0000"), after[2]) if after else ("", "")
            start = sum((r["SystemModstamp"], r["Id"]) <= mark for r in rows)
        end = start + size
        return page(rows[start:end], f"/services/data/v62.0/query/01g-{end}" if end < len(rows) else "")

    steps, _ = against(walk(len(rows)), answer)
    assert [r["Id"] for s in steps if isinstance(s, Page) for r in json.loads(s.body)["records"]] == [
        r["Id"] for r in rows
    ]

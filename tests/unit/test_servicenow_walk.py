"""ServiceNow's keyset walk, without a network."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.flows import against, play, reply

from avesa.core.entity import Entity
from avesa.core.windows import Window
from avesa.errors import BadMapping, Park, Reject, SignedOut, SourceUnavailable, Split, Unproven
from avesa.sources.dialect import Landed, Page, Request, Session
from avesa.sources.servicenow import ServiceNow

WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
SESSION = Session("https://acme.service-now.com")
INCIDENT = Entity(
    source="servicenow", name="incident", table="tickets", collection="incident", key="sys_id", time="sys_updated_on",
    shape={"sys_id": "VARCHAR", "number": "VARCHAR"}, select="servicenow", page_size=100,
)  # fmt: skip
CARD = Entity(
    source="servicenow", name="time_card", table="time_entries", collection="time_card", key="sys_id",
    time="sys_updated_on", shape={}, select="time_card", optional=True,
)  # fmt: skip
LATE = {"message": "Transaction cancelled: maximum execution time exceeded", "detail": "Check logs"}


def row(key, second=0):
    """A row of the window."""
    return {"sys_id": key, "sys_updated_on": f"2026-01-01 00:00:{second:02}"}


def page(rows, total):
    """An answer with rows."""
    return reply({"result": rows}, x_total_count=str(total))


def landed(rows):
    """What ingest says of a page."""
    return Landed(len(rows), rows[-1]["sys_id"], rows[-1]["sys_updated_on"])


def walk(count, entity=INCIDENT):
    """A walk through the window."""
    return ServiceNow().walk(entity, WINDOW, SESSION, count)


def params(request):
    """A request's parameters by name."""
    return dict(request.params)


def test_a_page_asks_for_raw_utc_values_and_declared_fields():
    """Values are raw, references bare ids, no Link repeats the URL; key and time are asked for besides the shape."""
    rows = [row("a")]
    (request, _), _ = play(walk(1), page(rows, 1), landed(rows))
    assert request.url == "https://acme.service-now.com/api/now/table/incident"
    assert params(request) == {
        "sysparm_query": "sys_updated_on>=2026-01-01 00:00:00^sys_updated_on<2026-01-02 00:00:00"
        "^ORDERBYsys_updated_on^ORDERBYsys_id",
        "sysparm_fields": "sys_id,number,sys_updated_on",
        "sysparm_limit": "100",
        "sysparm_offset": "0",
        "sysparm_display_value": "false",
        "sysparm_exclude_reference_link": "true",
        "sysparm_suppress_pagination_header": "true",
    }


def test_ties_are_kept_by_two_groups_t3():
    """Behind the last row come its equals in time with a larger key, then later times; both groups hold all filters."""
    entity = replace(INCIDENT, options={"query": "active=true"})
    first, second = [row("a"), row("b")], [row("c")]
    steps, _ = play(walk(3, entity), page(first, 3), landed(first), page(second, 1), landed(second))
    assert params(steps[2])["sysparm_query"] == (
        "sys_updated_on=2026-01-01 00:00:00^sys_id>b^active=true"
        "^NQsys_updated_on>2026-01-01 00:00:00^sys_updated_on<2026-01-02 00:00:00^active=true"
        "^ORDERBYsys_updated_on^ORDERBYsys_id"
    )


@pytest.mark.parametrize("query", ["a=1^NQb=2", "a=1^ORDERBYb"])
def test_a_filter_cannot_break_the_groups(query):
    """A mapping's filter that would change the meaning of the keyset is refused."""
    entity = replace(INCIDENT, options={"query": query})
    with pytest.raises(BadMapping, match="incident"):
        play(walk(1, entity), page([], 0))


def test_a_short_page_is_not_the_end_t6():
    """Rows that an ACL hides shorten a page; the walk goes on behind the last row shown."""
    first, second = [row("a")], [row("d")]
    steps, proof = play(
        walk(4), page(first, 4), landed(first), page(second, 3), landed(second), page([], 0)
    )  # fmt: skip
    assert len([s for s in steps if isinstance(s, Page)]) == 2
    assert proof.hidden == 2
    assert "2 of 4 rows" in proof.notes[0]


def test_an_empty_page_with_a_total_is_stepped_over_t6():
    """A page whose rows are all hidden is empty while more match: the offset steps by the limit."""
    rows = [row("z")]
    steps, proof = play(walk(101), page([], 101), page(rows, 101), landed(rows), page([], 0))
    assert [params(s)["sysparm_offset"] for s in steps if isinstance(s, Request)] == ["0", "100", "0"]
    assert proof.hidden == 100


def test_a_clamped_limit_hides_no_rows_t6():
    """An instance that gives 100 rows where 1000 were asked for: an empty page is stepped over by no more."""
    rows = [row("z")]
    entity = replace(INCIDENT, page_size=1000)
    steps, proof = play(walk(150, entity), page([], 150), page(rows, 150), landed(rows), page([], 0))
    assert [params(s)["sysparm_offset"] for s in steps if isinstance(s, Request)] == ["0", "100", "0"]
    assert proof.hidden == 149


def test_all_hidden_ends_at_the_total_t6():
    """When nothing shows up to the total, all is hidden, and told."""
    _, proof = play(walk(150), page([], 150), page([], 150))
    assert proof.hidden == 150


def test_an_error_after_the_rows_fails_the_page_and_halves_it_t9():
    """A 200 whose rows are followed by an error is thrown away; the page is asked for again at half the size."""
    rows = [row("a")]
    broken = reply({"result": rows, "error": LATE, "status": "failure"}, x_total_count="1")
    steps, proof = play(walk(1), broken, page(rows, 1), landed(rows))
    assert [params(s)["sysparm_limit"] for s in steps if isinstance(s, Request)] == ["100", "50"]
    assert proof.hidden == 0


@pytest.mark.parametrize("body", [b'{"result":[{"sys_id":"a"},]}', b'{"result":[{"sys_id":"a"}', b'{"other":1}'])
def test_damaged_json_fails_the_page(body):
    """JSON that is cut or malformed is never landed."""
    with pytest.raises(Split):
        against(walk(1), lambda _: reply(body, x_total_count="1"))


def test_a_window_too_slow_for_small_pages_is_split_t9():
    """Below the smallest page the window is halved instead."""
    with pytest.raises(Split):
        against(walk(9), lambda _: reply({"result": [], "error": LATE, "status": "failure"}, x_total_count="9"))


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 202), (b"<html>Instance Hibernating</html>", 200), (b"null", 200), (b"[]", 200), (b"<html>", 503)],
)
def test_foreign_bodies_are_no_end(body, status):
    """202 without a body, HTML with 200, null and a bare list are the instance's trouble, not an empty page."""
    with pytest.raises(SourceUnavailable):
        play(walk(1), reply(body, status))


def test_a_dropped_filter_is_noticed_t7():
    """A row outside the window means that the instance ignored a part of the query: nothing is taken on trust."""
    rows = [{"sys_id": "a", "sys_updated_on": "2025-12-31 23:59:59"}]
    with pytest.raises(Unproven, match="outside"):
        play(walk(1), page(rows, 9), landed(rows))


def test_the_same_page_again_is_noticed_t7():
    """A cursor that does not move means that the keyset is ignored."""
    rows = [row("a")]
    with pytest.raises(Unproven, match="same page"):
        play(walk(2), page(rows, 9), landed(rows), page(rows, 9), landed(rows))


def test_no_total_no_proof():
    """Without X-Total-Count nothing can be proven."""
    with pytest.raises(SourceUnavailable, match="X-Total-Count"):
        play(walk(1), reply({"result": []}))


def test_nothing_counted_nothing_asked():
    """An empty window costs its count and no more."""
    assert play(walk(0))[1].hidden == 0


def test_count_is_the_total_before_acls():
    """The count is X-Total-Count of one row."""
    (request,), count = play(ServiceNow().count(INCIDENT, WINDOW, SESSION), page([row("a")], 838))
    assert count == 838
    assert params(request)["sysparm_limit"] == "1"


INVALID = reply({"error": {"message": "Invalid table time_card", "detail": None}, "status": "failure"}, 400)
FORBIDDEN = reply(
    {"error": {"message": "Insufficient rights to query records", "detail": None}, "status": "failure"}, 403
)


@pytest.mark.parametrize("refusal", [INVALID, FORBIDDEN])
def test_a_plugin_that_is_not_there_is_reported(refusal):
    """An optional table counts as empty, and the walk says why."""
    assert play(ServiceNow().count(CARD, WINDOW, SESSION), refusal)[1] == 0
    assert "time_card" in play(walk(1, CARD), refusal)[1].notes[0]


def test_a_required_table_that_is_not_there_names_what_to_do():
    """A missing table is a mapping's or plugin's matter, missing rights an admin's."""
    with pytest.raises(Reject, match="plugin"):
        play(ServiceNow().count(INCIDENT, WINDOW, SESSION), INVALID)
    with pytest.raises(Park, match="role"):
        play(ServiceNow().count(INCIDENT, WINDOW, SESSION), FORBIDDEN)
    with pytest.raises(SignedOut):
        play(
            ServiceNow().count(INCIDENT, WINDOW, SESSION), reply({"error": {"message": "User Not Authenticated"}}, 401)
        )


def test_deletes_are_read_under_their_real_classes_t15():
    """The audit of deletes is filtered by the classes named, in both groups, and walked by when it was written."""
    deleted = Entity(
        source="servicenow", name="core_company/deleted", table="companies", collection="sys_audit_delete",
        key="sys_id", time="sys_created_on", shape={"documentkey": "VARCHAR"}, select="deleted", tombstones=True,
        options={"tables": ["core_company", "customer_account"], "params": {"sysparm_query_no_domain": "true"}},
    )  # fmt: skip
    first = [{"sys_id": "x", "sys_created_on": "2026-01-01 00:00:00"}]
    steps, _ = play(walk(2, deleted), page(first, 2), Landed(1, "x", "2026-01-01 00:00:00"), page([], 0))
    assert params(steps[2])["sysparm_query"].count("^tablenameINcore_company,customer_account") == 2
    assert params(steps[0])["sysparm_fields"] == "documentkey,sys_id,sys_created_on"
    assert params(steps[0])["sysparm_query_no_domain"] == "true"


def test_the_oldest_row_is_found_behind_hidden_ones_t6():
    """An empty first page does not mean an empty table."""
    steps, oldest = play(ServiceNow().oldest(INCIDENT, SESSION), page([], 150), page([row("a", 7)], 150))
    assert oldest == "2026-01-01 00:00:07"
    assert params(steps[0])["sysparm_query"] == "ORDERBYsys_updated_on^ORDERBYsys_id"
    assert play(ServiceNow().oldest(INCIDENT, SESSION), page([], 0))[1] == ""


def test_a_probe_minds_rights_on_no_table():
    """Any answer tells the time; only a session that ended is a fault."""
    assert play(ServiceNow().probe(SESSION), FORBIDDEN)[1] is None
    with pytest.raises(SignedOut):
        play(ServiceNow().probe(SESSION), reply(b"{}", 401))


KEYSET = re.compile(r"sys_updated_on=(?P<time>[^^]+)\^sys_id>(?P<key>[^^]+)")


def instance(rows, hidden):
    """An instance that applies the limit before it hides rows, as the vendor's does."""

    def answer(step):
        if isinstance(step, Page):
            return landed(json.loads(step.body)["result"])
        asked = params(step)
        after = KEYSET.search(asked["sysparm_query"])
        last = (after["time"], after["key"]) if after else ("", "")
        matched = [r for r in rows if (r["sys_updated_on"], r["sys_id"]) > last]
        start = int(asked["sysparm_offset"])
        cut = matched[start : start + int(asked["sysparm_limit"])]
        return page([r for r in cut if r["sys_id"] not in hidden], len(matched))

    return answer


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=40), st.integers(1, 7))
def test_every_row_that_shows_is_landed_once_whatever_is_hidden(made, limit):
    """Whatever ties, hidden rows and page size: each visible row comes once, and the rest is counted as hidden."""
    rows = [row(f"{n:02}", second) for n, (second, _) in enumerate(made)]
    rows.sort(key=lambda r: (r["sys_updated_on"], r["sys_id"]))
    hidden = {f"{n:02}" for n, (_, hide) in enumerate(made) if hide}
    entity = replace(INCIDENT, page_size=limit)
    steps, proof = against(walk(len(rows), entity), instance(rows, hidden))
    got = [r["sys_id"] for s in steps if isinstance(s, Page) for r in json.loads(s.body)["result"]]
    assert got == [r["sys_id"] for r in rows if r["sys_id"] not in hidden]
    assert proof.hidden == len(hidden)

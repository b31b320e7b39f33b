import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.conditions import All, Compare, Some, Span, predicate, reach
from simulator.servicenow_query import Order, leaf, parse

KINDS = {"state": "text", "number": "text", "sys_updated_on": "stamp", "sys_id": "sys_id", "caller_id.email": "text"}


def matching(query, rows):
    """The rows that a query matches."""
    test = predicate(parse(query, KINDS.get).where, leaf(lambda name: lambda row: row[name]))
    return [row for row in rows if test(row)]


def test_ands_bind_less_than_ors_and_nq_begins_anew():
    """`a^b^ORc^NQd` is (a and (b or c)) or d."""
    state, number = (lambda value: Compare("state", "=", value)), Compare("number", "=", "9")
    found = parse("state=1^state=2^ORstate=3^NQnumber=9", KINDS.get).where
    assert found == Some((All((state("1"), Some((state("2"), state("3"))))), All((number,))))


def test_unknown_parts_are_ignored_so_that_more_rows_match():
    """T7: a typo in the watermark clause is a silent full table."""
    query = parse("sys_updated_onn>=2026-01-01 00:00:00^gibberish^state=1", KINDS.get)
    assert query.where == All((Compare("state", "=", "1"),))
    assert query.ignored == ("sys_updated_onn>=2026-01-01 00:00:00", "gibberish")


def test_a_stamp_that_is_none_makes_its_part_invalid():
    """Only dates and date-times are compared with stamps; javascript:gs.dateGenerate is one too."""
    assert parse("sys_updated_on>=yesterday", KINDS.get).ignored == ("sys_updated_on>=yesterday",)
    generated = parse("sys_updated_on>javascript:gs.dateGenerate('2026-01-01','10:00:00')", KINDS.get).where
    assert generated == All((Compare("sys_updated_on", ">", "2026-01-01 10:00:00"),))


def test_sort_keys_add_up_and_unknown_ones_are_left_out():
    """Several ORDERBY parts sort by the first first."""
    query = parse("ORDERBYsys_updated_on^ORDERBYDESCsys_id^ORDERBYnope", KINDS.get)
    assert query.order == (Order("sys_updated_on"), Order("sys_id", descending=True))


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("numberSTARTSWITH1", ["10", "12"]),
        ("numberENDSWITH2", ["2", "12"]),
        ("numberLIKE1", ["10", "12"]),
        ("numberIN2,10", ["2", "10"]),
        ("numberNOT IN2,10", ["12"]),
        ("number>9", ["10", "12"]),
        ("numberBETWEEN2@10", ["2", "10"]),
        ("stateISEMPTY", ["2"]),
        ("stateISNOTEMPTY", ["10", "12"]),
        ("state!=b", ["2", "10"]),
        ("state=B", []),
        ("number=2^ORstate=b^EQ", ["2", "12"]),
    ],
)
def test_operators(query, numbers):
    """Text is case-sensitive; digits compare as numbers."""
    rows = [{"number": "2", "state": ""}, {"number": "10", "state": "a"}, {"number": "12", "state": "b"}]
    assert [row["number"] for row in matching(query, rows)] == numbers


def test_a_keyset_query_is_answered_from_the_index_alone():
    """Its two groups are one stretch of (sys_updated_on, sys_id), exactly."""
    start, end = "2026-01-01 00:00:00", "2026-02-01 00:00:00"
    query = f"sys_updated_on={start}^sys_id>5^sys_updated_on<{end}^NQsys_updated_on>{start}^sys_updated_on<{end}"
    found = reach(parse(query, KINDS.get).where, "sys_updated_on", "sys_id")
    assert found.exact
    assert found.spans == (Span((start, "5\0"), (end, "")),)


DIGITS = st.sampled_from("0123")
TERMS = st.builds(
    Compare,
    st.sampled_from(["sys_updated_on", "sys_id", "state"]),
    st.sampled_from(["=", ">", ">=", "<", "<="]),
    DIGITS,
)
CONDITIONS = st.recursive(
    TERMS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        .map(tuple)
        .flatmap(lambda terms: st.sampled_from([All(terms), Some(terms)]))
    ),
    max_leaves=8,
)


@given(CONDITIONS)
def test_a_reach_holds_every_match_and_only_matches_when_exact(condition):
    """Whatever the condition, the index narrows without losing a row."""
    test = predicate(condition, leaf(lambda name: lambda row: row[name]))
    found = reach(condition, "sys_updated_on", "sys_id")
    for stamp in "0123":
        for key in "0123":
            inside = any(span.low <= (stamp, key) < span.high for span in found.spans)
            matches = [test({"sys_updated_on": stamp, "sys_id": key, "state": state}) for state in "0123"]
            assert inside or not any(matches)
            assert not (found.exact and inside) or all(matches)
    assert all(one.high <= two.low for one, two in zip(found.spans, found.spans[1:], strict=False))

from datetime import date

import pytest

from simulator.conditions import All, Compare, Not, Some
from simulator.salesforce_dates import days_of, stamp_of_literal
from simulator.salesforce_errors import SalesforceError
from simulator.salesforce_ids import long_id, number_of, record_id
from simulator.salesforce_soql import Aggregate, Moment, Relative, SortKey, parse


def test_a_whole_query():
    """Every clause finds its place."""
    found = parse(
        "select Id, Account.Name, (SELECT Id FROM Tasks) FROM Case WHERE (Status = 'New' OR IsClosed = false)"
        " AND NOT Subject LIKE '%it\\'s%' AND SystemModstamp >= 2026-01-01T00:00:00Z"
        " ORDER BY SystemModstamp DESC NULLS LAST, Id LIMIT 10 OFFSET 5 ALL ROWS"
    )
    assert found.fields[:2] == ("Id", "Account.Name")
    assert found.fields[2].source == "Tasks"
    either = Some((Compare("Status", "=", "New"), Compare("IsClosed", "=", False)))
    late = Compare("SystemModstamp", ">=", Moment("2026-01-01T00:00:00Z"))
    assert found.where == All((either, Not(Compare("Subject", "LIKE", "%it's%")), late))
    assert found.order == (SortKey("SystemModstamp", descending=True, nulls_last=True), SortKey("Id"))
    assert (found.limit, found.offset, found.all_rows) == (10, 5, True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("= null", None),
        ("= TRUE", True),
        ("= 4", 4),
        ("= -1.5", -1.5),
        ("= LAST_N_DAYS:7", Relative("LAST_N_DAYS", 7)),
        ("IN ('a', 'b')", ("a", "b")),
        ("= 'line\\nbreak'", "line\nbreak"),
    ],
)
def test_values(text, value):
    """Each kind of literal."""
    assert parse(f"SELECT Id FROM Case WHERE X {text}").where.value == value


def test_aggregates():
    """COUNT() is known apart, as it answers without records."""
    assert parse("SELECT COUNT() FROM Case").counts_only
    assert parse("SELECT MAX(Id) m FROM Case").fields == (Aggregate("MAX", "Id", "m"),)


@pytest.mark.parametrize(
    "text",
    [
        "SELEC Id FROM Case",
        "SELECT Id",
        "SELECT Id FROM Case WHERE",
        "SELECT Id FROM Case WHERE A = 1 AND B = 2 OR C = 3",
        "SELECT Id FROM Case LIMIT x",
        "SELECT Id FROM Case WHERE Subject = 'open",
    ],
)
def test_malformed(text):
    """A mistake names its place."""
    with pytest.raises(SalesforceError, match=r"ERROR at Row:1:Column:\d+\nunexpected token") as refused:
        parse(text)
    assert refused.value.code == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("500xx000001AbCd", "500xx000001AbCdAAK"),
        ("003xx000004TmiQ", "003xx000004TmiQAAS"),
        ("005xx000001Sv6t", "005xx000001Sv6tAAC"),
    ],
)
def test_the_checksum_of_an_id(short, whole):
    """Recorded ids have the three characters that are computed here."""
    assert long_id(short) == whole


@pytest.mark.parametrize("number", [0, 1, 61, 62, 62**2, 62**5 - 1, 62**5, 62**9 - 1])
def test_an_id_holds_its_number(number):
    """Ids lead back to the row, in either length."""
    identifier = record_id("500", number)
    assert number_of(identifier) == number_of(identifier[:15]) == number
    assert long_id(identifier[:15]) == identifier


def test_moments_are_utc_with_milliseconds():
    """Literals of any offset become the form that values have, which sorts as time does."""
    assert stamp_of_literal("2026-01-01T01:00:00+01:00") == "2026-01-01T00:00:00.000+0000"


@pytest.mark.parametrize(
    ("name", "count", "days"),
    [
        ("TODAY", 0, ("2026-03-04", "2026-03-05")),
        ("LAST_N_DAYS", 7, ("2026-02-25", "2026-03-05")),
        ("LAST_MONTH", 0, ("2026-02-01", "2026-03-01")),
        ("THIS_WEEK", 0, ("2026-03-01", "2026-03-08")),
        ("LAST_N_MONTHS", 3, ("2025-12-01", "2026-03-01")),
        ("LAST_YEAR", 0, ("2025-01-01", "2026-01-01")),
    ],
)
def test_named_dates(name, count, days):
    """Named dates are half-open ranges of days; weeks begin on Sunday."""
    assert tuple(day.isoformat() for day in days_of(Relative(name, count), date(2026, 3, 4))) == days

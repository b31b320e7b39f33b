"""Date-times, dates and named dates of SOQL, as the text that REST values use."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from simulator.salesforce_soql import Relative


def rest_stamp(moment: datetime) -> str:
    """2020-10-22T21:03:23.000+0000: the form of REST values, which sorts as time does."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def stamp_of_literal(text: str) -> str:
    """A SOQL date-time literal, with any offset, in REST form."""
    return rest_stamp(datetime.fromisoformat(text))


def bulk_stamp(stamp: str) -> str:
    """REST form turned into what Bulk results say: Z for +0000."""
    return stamp[:-5] + "Z"


def days_of(named: Relative, today: date) -> tuple[date, date] | None:
    """The half-open range of days of a named date; None if there is no such name."""
    if named.name in _FIXED:
        return _FIXED[named.name](today)
    word, _, unit = named.name.partition("_N_")
    step = {"DAYS": 1, "WEEKS": 7}.get(unit, 0) * named.count
    if word == "LAST" and step:
        return today - timedelta(days=step), today + timedelta(days=1)
    if word == "NEXT" and step:
        return today + timedelta(days=1), today + timedelta(days=step + 1)
    if word == "LAST" and unit == "MONTHS":
        return _month(today, -named.count)[0], _month(today)[0]
    return None


def _month(today: date, away: int = 0) -> tuple[date, date]:
    months = today.year * 12 + today.month - 1 + away
    start, after = divmod(months, 12), divmod(months + 1, 12)
    return date(start[0], start[1] + 1, 1), date(after[0], after[1] + 1, 1)


def _days(today: date, start: int, end: int) -> tuple[date, date]:
    return today + timedelta(days=start), today + timedelta(days=end)


def _week(today: date, away: int = 0) -> tuple[date, date]:
    sunday = today - timedelta(days=(today.weekday() + 1) % 7)
    return _days(sunday, 7 * away, 7 * away + 7)


def _year(today: date, away: int = 0) -> tuple[date, date]:
    return date(today.year + away, 1, 1), date(today.year + away + 1, 1, 1)


_FIXED: dict[str, Callable[[date], tuple[date, date]]] = {
    "TODAY": lambda today: _days(today, 0, 1),
    "YESTERDAY": lambda today: _days(today, -1, 0),
    "TOMORROW": lambda today: _days(today, 1, 2),
    "THIS_WEEK": _week,
    "LAST_WEEK": lambda today: _week(today, -1),
    "NEXT_WEEK": lambda today: _week(today, 1),
    "THIS_MONTH": _month,
    "LAST_MONTH": lambda today: _month(today, -1),
    "NEXT_MONTH": lambda today: _month(today, 1),
    "THIS_YEAR": _year,
    "LAST_YEAR": lambda today: _year(today, -1),
    "NEXT_YEAR": lambda today: _year(today, 1),
    "LAST_90_DAYS": lambda today: _days(today, -90, 1),
}

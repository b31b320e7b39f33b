"""ServiceNow's encoded queries: `state=2^ORstate=3^sys_updated_on>=2026-01-01 00:00:00^ORDERBYsys_id`.

https://www.servicenow.com/docs/bundle/platform-user-interface/page/use/common-ui-elements/reference/r_OpAvailableFiltersQueries.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.conditions import All, Compare, Condition, Some, Test

_OPERATORS = (
    "NOT IN|IN|NOT LIKE|NOTLIKE|LIKE|STARTSWITH|ENDSWITH|DOES NOT CONTAIN|CONTAINS|ISNOTEMPTY|ISEMPTY|ANYTHING|"
    "BETWEEN|SAMEAS|NSAMEAS|>=|<=|!=|>|<|=|%|\\*|ON|"
)
_TERM = re.compile(rf"(?P<field>[a-z_][a-z0-9_.]*)(?P<op>{_OPERATORS.rstrip('|')})(?P<value>.*)", re.DOTALL)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?")
_SAME = {"CONTAINS": "LIKE", "*": "LIKE", "%": "ENDSWITH", "NOTLIKE": "NOT LIKE", "DOES NOT CONTAIN": "NOT LIKE"}


Kind = Callable[[str], str | None]
"""The kind of a (dot-walked) column; None if there is none."""


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: `ignored` holds the parts that the instance silently leaves out."""

    where: Condition
    order: tuple[Order, ...] = ()
    ignored: tuple[str, ...] = ()


def parse(text: str, kind: Kind) -> Query:
    """Read an encoded query; parts with an unknown field or no operator are left out, as the vendor does."""
    order: list[Order] = []
    ignored: list[str] = []
    groups: list[list[list[Condition]]] = [[]]
    for joint, part in _parts(text):
        if _sorted_by(part, order, kind):
            continue
        term = _term(part, kind)
        if joint == "NQ":
            groups.append([])
        if term is None:
            ignored.append(part)
        elif joint == "OR" and groups[-1]:
            groups[-1][-1].append(term)
        else:
            groups[-1].append([term])
    return Query(_condition(groups), tuple(order), tuple(ignored))


def _parts(text: str) -> list[tuple[str, str]]:
    """Cut at `^`, `^OR` and `^NQ`; `^^` stands for the character itself."""
    parts = []
    for piece in re.split(r"\^(?!\^)", text.replace("^^", "\0")):
        joint = piece[:2] if piece[:2] in {"OR", "NQ"} and not piece.startswith("ORDERBY") else ""
        body = piece.removeprefix(joint).replace("\0", "^")
        if body and body != "EQ":
            parts.append((joint, body))
    return parts


def _sorted_by(part: str, order: list[Order], kind: Kind) -> bool:
    for word, descending in (("ORDERBYDESC", True), ("ORDERBY", False)):
        if part.startswith(word):
            fields = [field.strip() for field in part.removeprefix(word).split(",")]
            order.extend(Order(field, descending) for field in fields if kind(field))
            return True
    return False


def _term(part: str, kind: Kind) -> Condition | None:
    found = _TERM.fullmatch(part)
    if not found or not kind(found["field"]):
        return None
    field, op, value = found["field"], _SAME.get(found["op"], found["op"]), found["value"]
    if kind(field) == "stamp":
        return _stamp_term(field, op, value)
    if op == "BETWEEN":
        low, _, high = value.partition("@")
        return All((Compare(field, ">=", low), Compare(field, "<=", high)))
    return Compare(field, op, value)


def _stamp_term(field: str, op: str, value: str) -> Condition | None:
    """Comparisons of a date-time; a value that is none makes the part invalid."""
    if op in {"ISEMPTY", "ISNOTEMPTY", "ANYTHING"} or (op in {"=", "!="} and not value):
        return Compare(field, op, value)
    if op == "ON":
        return _between(field, value[:10] + " 00:00:00", value[:10] + " 23:59:59") if _DAY.match(value) else None
    if op == "BETWEEN":
        low, _, high = value.partition("@")
        return _between(field, _stamp(low), _stamp(high))
    stamp = _stamp(value)
    return Compare(field, op, stamp) if stamp else None


def _between(field: str, low: str | None, high: str | None) -> Condition | None:
    if not low or not high:
        return None
    return All((Compare(field, ">=", low), Compare(field, "<=", high)))


def _stamp(value: str) -> str | None:
    """The literal in full, also out of `javascript:gs.dateGenerate('2026-01-01','00:00:00')`."""
    if value.startswith("javascript:gs.dateGenerate("):
        value = " ".join(re.findall(r"['\"]([^'\"]+)['\"]", value))
    if not _STAMP.fullmatch(value):
        return None
    return value if len(value) > 10 else value + " 00:00:00"


def _condition(groups: list[list[list[Condition]]]) -> Condition:
    """Groups of ands of ors; a group of which nothing is left matches everything."""
    alls = [All(tuple(ors[0] if len(ors) == 1 else Some(tuple(ors)) for ors in group)) for group in groups]
    return alls[0] if len(alls) == 1 else Some(tuple(alls))


def leaf(reader: Callable[[str], Callable[[Any], str]]) -> Callable[[Compare], Test]:
    """Tests of comparisons over text values, which are case-sensitive; `reader` reads a column off a row."""

    def test(compare: Compare) -> Test:
        read, match = reader(compare.field), _TESTS[compare.op](str(compare.value or ""))
        return lambda row: match(read(row))

    return test


def _ordered(value: str, wanted: Callable[[int], bool]) -> Callable[[str], bool]:
    """Compare as numbers where both are, as text otherwise; an empty value is never more or less."""

    def match(actual: str) -> bool:
        if actual.isdigit() and value.isdigit():
            return wanted((int(actual) > int(value)) - (int(actual) < int(value)))
        return bool(actual) and wanted((actual > value) - (actual < value))

    return match


_TESTS: dict[str, Callable[[str], Callable[[str], bool]]] = {
    "=": lambda value: lambda actual: actual == value,
    "!=": lambda value: lambda actual: actual != value,
    ">": lambda value: _ordered(value, lambda sign: sign > 0),
    ">=": lambda value: _ordered(value, lambda sign: sign >= 0),
    "<": lambda value: _ordered(value, lambda sign: sign < 0),
    "<=": lambda value: _ordered(value, lambda sign: sign <= 0),
    "LIKE": lambda value: lambda actual: value in actual,
    "NOT LIKE": lambda value: lambda actual: value not in actual,
    "STARTSWITH": lambda value: lambda actual: actual.startswith(value),
    "ENDSWITH": lambda value: lambda actual: actual.endswith(value),
    "IN": lambda value: lambda actual: actual in value.split(","),
    "NOT IN": lambda value: lambda actual: actual not in value.split(","),
    "ISEMPTY": lambda _: lambda actual: not actual,
    "ISNOTEMPTY": lambda _: bool,
    "ANYTHING": lambda _: lambda _actual: True,
    "SAMEAS": lambda value: lambda actual: actual == value,
    "NSAMEAS": lambda value: lambda actual: actual != value,
    "ON": lambda value: lambda actual: actual.startswith(value[:10]),
}

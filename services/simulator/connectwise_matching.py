"""Whether a record meets a condition, and how records sort: names and text without case, nulls as in SQL."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from simulator.conditions import All, Compare, Condition, Not, Some, Test, predicate
from simulator.connectwise_conditions import Moment
from simulator.connectwise_errors import bad_condition, unrecognized

Path = tuple[str, ...]
ALIASES: dict[str, Path] = {
    "lastupdated": ("_info", "lastUpdated"),
    "updatedby": ("_info", "updatedBy"),
    "dateentered": ("_info", "dateEntered"),
    "enteredby": ("_info", "enteredBy"),
}
"""All objects can be asked for these, though only `_info` shows them."""


class Names:
    """The names a kind of record knows, in any case."""

    def __init__(
        self, fields: Mapping[str, str], children: frozenset[str], enums: Mapping[str, frozenset[str]]
    ) -> None:
        self.fields = fields
        """Lower-case name → spelling; none where the collection is empty, and then all names will do."""
        self.children = children
        self.enums = enums

    def path(self, name: str) -> Path:
        """`Board/Name` as the record spells it. Refused: no such name, or a child collection's."""
        first, *rest = name.split("/")
        low = first.lower()
        if low not in self.fields and low in ALIASES and not rest:
            return ALIASES[low]
        if self.fields.get(low) in self.children or (self.fields and low not in self.fields):
            raise unrecognized(name)
        return (self.fields.get(low, first), *rest)

    def leaf(self, compare: Compare) -> Test:
        """A test for one comparison of a record."""
        path = self.path(compare.field)
        allowed = self.enums.get(path[0])
        values = compare.value if compare.op == "in" else (compare.value,)
        if allowed and any(isinstance(value, str) and value.lower() not in allowed for value in values):
            raise bad_condition("Enum value supplied was invalid")
        holds = comparison(compare)
        return lambda record: holds(value_at(record, path))


def value_at(record: Any, path: Path) -> Any:
    """The value at a path, None where there is none."""
    for name in path:
        if not isinstance(record, dict):
            return None
        found = record.get(name)
        if found is None:
            low = name.lower()
            found = next((value for key, value in record.items() if key.lower() == low), None)
        record = found
    return record


def child_test(condition: Condition) -> Test:
    """A record meets child conditions if one child does: `communicationItems/value like "x%"`."""
    tops = {compare.field.split("/")[0].lower() for compare in comparisons(condition)}
    if len(tops) != 1:
        raise bad_condition("childConditions are over one collection.")
    return any_of(tops.pop(), condition, skip=1)


def any_of(collection: str, condition: Condition, skip: int = 0) -> Test:
    """Whether any element of a collection meets a condition whose names start `skip` steps deeper."""
    if any(compare.op == "in" for compare in comparisons(condition)):
        raise bad_condition("in is not a recognized operator.")

    def leaf(compare: Compare) -> Test:
        path, holds = tuple(compare.field.split("/"))[skip:], comparison(compare)
        return lambda child: holds(value_at(child, path))

    test = predicate(condition, leaf)
    return lambda record: any(test(child) for child in value_at(record, (collection,)) or ())


def comparisons(condition: Condition) -> Iterator[Compare]:
    """The leaves of a condition."""
    match condition:
        case Compare():
            yield condition
        case Not(term):
            yield from comparisons(term)
        case All(terms) | Some(terms):
            for part in terms:
                yield from comparisons(part)


def comparison(compare: Compare) -> Callable[[Any], bool]:
    """A test of one value; null meets nothing but `= null`, text is compared without case."""
    op, wanted = compare.op, compare.value
    if wanted is None:
        return (lambda value: value is None) if op == "=" else (lambda value: value is not None)
    match op:
        case "in":
            options = {_plain(option) for option in wanted}
            return lambda value: value is not None and _like(value, wanted[0]) in options
        case "contains":
            part = str(wanted).lower()
            return lambda value: value is not None and part in str(value).lower()
        case "like":
            fits = re.compile(re.sub(r"[%*]|\\\*", ".*", re.escape(str(wanted).lower())), re.DOTALL).fullmatch
            return lambda value: value is not None and fits(str(value).lower()) is not None
    holds, plain = _SIGNS[op], _plain(wanted)

    def test(value: Any) -> bool:
        if value is None:
            return False
        found = _like(value, wanted)
        return type(found) is type(plain) and holds(found, plain)

    return test


_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _plain(value: Any) -> Any:
    """A value as it is compared."""
    match value:
        case bool():
            return value
        case int():
            return float(value)
        case str():
            return value.lower()
        case Moment(seconds):
            return seconds
        case _:
            return value


def _like(value: Any, wanted: Any) -> Any:
    """A record's value in the kind of the value it is compared with."""
    try:
        if isinstance(wanted, Moment):
            return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()
        if isinstance(wanted, float) and isinstance(value, str):
            return float(value)
    except (TypeError, ValueError):
        return None
    return _plain(value)


def order_key(value: Any) -> tuple[int, Any]:
    """Sorts nulls first, then by kind."""
    if value is None:
        return (0, 0)
    if isinstance(value, str):
        return (2, value.lower())
    return (1, value) if isinstance(value, int | float) else (3, str(value))

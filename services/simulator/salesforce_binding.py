"""Names and values of a SOQL query bound to the org's objects, or the error that the vendor answers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from simulator.conditions import All, Compare, Condition, Not, Some, Test
from simulator.salesforce_dates import days_of, stamp_of_literal
from simulator.salesforce_errors import SalesforceError
from simulator.salesforce_ids import long_id
from simulator.salesforce_schema import Field, Read, Sobject
from simulator.salesforce_soql import Day, Moment, Relative


class Org(Protocol):
    """What binding asks of an org."""

    @property
    def objects(self) -> Mapping[str, Sobject]:
        """Objects by name in small letters."""

    def hidden(self, name: str) -> frozenset[str]:
        """Fields of an object that the user may not see."""

    def row(self, identifier: str | None) -> tuple[Sobject, Any] | None:
        """The object and row of an id."""

    def today(self) -> date:
        """The day that named dates count from."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One readable path: the field at its end and how to read it off the first row."""

    field: Field
    path: str
    read: Read


_NUMBERS = {"int", "double", "currency", "percent"}
_UNFOLDED = {"id", "reference", "datetime", "date", "boolean", *_NUMBERS}
_NAME_FIELDS = {"id", "name", "type", "firstname", "lastname", "email", "username", "phone", "title", "isactive"}


def object_named(org: Org, name: str) -> Sobject:
    """The object of a FROM; raises INVALID_TYPE."""
    found = org.objects.get(name.lower())
    if found is None:
        raise SalesforceError(
            400,
            "INVALID_TYPE",
            f"\nSELECT Id FROM {name}\n               ^\nERROR at Row:1:Column:16\n"
            f"sObject type '{name}' is not supported."
            " If you are attempting to use a custom object, be sure to append the '__c' after the entity name."
            " Please reference your WSDL or the describe call for the appropriate names.",
        )
    return found


def field_named(org: Org, source: Sobject, name: str) -> Field:
    """A field the user may see; raises INVALID_FIELD for hidden ones too, as if they were not there."""
    found = source.fields.get(name.lower())
    if found is None or found.name in org.hidden(source.name):
        raise SalesforceError(
            400,
            "INVALID_FIELD",
            f"\nSELECT {name} FROM {source.name}\n       ^\nERROR at Row:1:Column:8\n"
            f"No such column '{name}' on sobject of type {source.name}",
        )
    return found


def relation_named(org: Org, source: Sobject, name: str) -> Field:
    """The reference field behind a parent relationship such as Account or Owner."""
    for entry in source.visible(org.hidden(source.name)):
        if entry.relationship.lower() == name.lower():
            return entry
    raise SalesforceError(
        400,
        "INVALID_FIELD",
        f"\nSELECT {name}.Id FROM {source.name}\n       ^\nERROR at Row:1:Column:8\n"
        f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom relationship,"
        " be sure to append the '__r' after the custom relationship name."
        " Please reference your WSDL or the describe call for the appropriate names.",
    )


def bind_path(org: Org, source: Sobject, path: str) -> Bound:
    """Resolve `Subject`, `Account.Name` or `Contact.Account.Owner.Name`."""
    head, _, rest = path.partition(".")
    if rest and head.lower() == source.name.lower() and not _is_relation(source, head):
        return bind_path(org, source, rest)
    if not rest:
        field = field_named(org, source, head)
        return Bound(field, field.name, field.read)
    relation = relation_named(org, source, head)
    if len(relation.refers) > 1:
        return _bind_polymorphic(org, relation, rest)
    inner = bind_path(org, org.objects[relation.refers[0].lower()], rest)

    def read(row: Any) -> Any:
        parent = org.row(relation.read(row))
        return inner.read(parent[1]) if parent else None

    return Bound(inner.field, f"{relation.relationship}.{inner.path}", read)


def _is_relation(source: Sobject, name: str) -> bool:
    return any(entry.relationship.lower() == name.lower() for entry in source.fields.values())


def _bind_polymorphic(org: Org, relation: Field, name: str) -> Bound:
    """Fields of the `Name` object, which stands for whatever the reference points to."""
    if name.lower() not in _NAME_FIELDS:
        raise SalesforceError(400, "INVALID_FIELD", f"No such column '{name}' on entity 'Name'")

    def read(row: Any) -> Any:
        parent = org.row(relation.read(row))
        if parent is None:
            return None
        if name.lower() == "type":
            return parent[0].name
        field = parent[0].fields.get(name.lower())
        return field.read(parent[1]) if field else None

    proper = next((known for known in ("Id", "Name", "Type", "Email") if known.lower() == name.lower()), name)
    return Bound(Field(proper, "string", read), f"{relation.relationship}.{proper}", read)


def bind_condition(org: Org, source: Sobject, condition: Condition) -> Condition:
    """Give fields their proper names and values their field's form."""
    match condition:
        case All(terms):
            return All(tuple(bind_condition(org, source, term) for term in terms))
        case Some(terms):
            return Some(tuple(bind_condition(org, source, term) for term in terms))
        case Not(term):
            return Not(bind_condition(org, source, term))
        case Compare(path, op, value):
            return _bind_compare(org, bind_path(org, source, path), op, value)


def _bind_compare(org: Org, bound: Bound, op: str, value: Any) -> Condition:
    if bound.field.type in {"textarea", "address"}:
        name = bound.field.name
        raise SalesforceError(400, "INVALID_FIELD", f"field '{name}' can not be filtered in a query call")
    if isinstance(value, Relative):
        return _bind_relative(org, bound, op, value)
    if isinstance(value, frozenset):  # a semi-join, already asked
        return Compare(bound.path, op, value)
    if isinstance(value, tuple):
        return Compare(bound.path, op, frozenset(_bound_value(bound.field, one) for one in value))
    return Compare(bound.path, op, _bound_value(bound.field, value))


def _bind_relative(org: Org, bound: Bound, op: str, value: Relative) -> Condition:
    days = days_of(value, org.today())
    if days is None or bound.field.type not in {"date", "datetime"}:
        raise SalesforceError(400, "INVALID_FIELD", f"Invalid date literal {value.name} for field {bound.field.name}")
    tail = "T00:00:00.000+0000" if bound.field.type == "datetime" else ""
    start, end = (day.isoformat() + tail for day in days)
    match op:
        case "=":
            return All((Compare(bound.path, ">=", start), Compare(bound.path, "<", end)))
        case "!=":
            return Some((Compare(bound.path, "<", start), Compare(bound.path, ">=", end)))
        case ">" | "<=":
            return Compare(bound.path, ">=" if op == ">" else "<", end)
        case _:
            return Compare(bound.path, op, start)


def _bound_value(field: Field, value: Any) -> Any:
    match value:
        case None:
            return None
        case Moment(text) if field.type == "datetime":
            return stamp_of_literal(text)
        case Day(text) if field.type == "date":
            return text
        case str() if field.type in {"id", "reference"}:
            return long_id(value)
        case _ if _fits(field, value):
            return value
    raise _wrong_type(field, value)


def _fits(field: Field, value: Any) -> bool:
    if isinstance(value, str):
        return field.type not in _UNFOLDED
    return isinstance(value, bool) == (field.type == "boolean") and field.type in {"boolean", *_NUMBERS}


def _wrong_type(field: Field, value: Any) -> SalesforceError:
    shown, kind = getattr(value, "text", value), "dateTime" if field.type == "datetime" else field.type
    quoted = "should not be enclosed in quotes" if isinstance(value, str) else "should be a value of that type"
    told = f"{shown}: value of filter criterion for field '{field.name}' must be of type {kind} and {quoted}"
    return SalesforceError(400, "INVALID_FIELD", told)


def leaf(org: Org, source: Sobject) -> Callable[[Compare], Test]:
    """Tests of bound comparisons; text folds case, null is only ever equal to null."""

    def test(compare: Compare) -> Test:
        bound = bind_path(org, source, compare.field)
        fold = _same if bound.field.type in _UNFOLDED else _folded
        match = _TESTS[compare.op](fold(compare.value))
        return lambda row: match(fold(bound.read(row)))

    return test


def _same(value: Any) -> Any:
    return value


def _folded(value: Any) -> Any:
    if isinstance(value, frozenset):
        return frozenset(map(_folded, value))
    return value.lower() if isinstance(value, str) else value


def _like(pattern: Any) -> Callable[[Any], bool]:
    text = re.escape(str(pattern)).replace("%", ".*").replace("_", ".")
    matcher = re.compile(text, re.DOTALL | re.IGNORECASE)
    return lambda actual: actual is not None and matcher.fullmatch(str(actual)) is not None


_TESTS: dict[str, Callable[[Any], Callable[[Any], bool]]] = {
    "=": lambda value: lambda actual: bool(actual == value),
    "!=": lambda value: lambda actual: bool(actual != value),
    "<": lambda value: lambda actual: actual is not None and bool(actual < value),
    "<=": lambda value: lambda actual: actual is not None and bool(actual <= value),
    ">": lambda value: lambda actual: actual is not None and bool(actual > value),
    ">=": lambda value: lambda actual: actual is not None and bool(actual >= value),
    "LIKE": _like,
    "IN": lambda value: lambda actual: actual in value,
    "NOT IN": lambda value: lambda actual: actual not in value,
    "INCLUDES": lambda value: lambda actual: bool(value & set(str(actual or "").split(";"))),
    "EXCLUDES": lambda value: lambda actual: not value & set(str(actual or "").split(";")),
}

"""Runs a bound SOQL query over the org: which rows, in which order, and how each is rendered."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from simulator.conditions import All, Compare, Condition, Not, Some, predicate, reach
from simulator.salesforce_binding import (
    Bound,
    bind_condition,
    bind_path,
    field_named,
    leaf,
    object_named,
    relation_named,
)
from simulator.salesforce_errors import SalesforceError
from simulator.salesforce_org import SalesforceOrg
from simulator.salesforce_schema import Sobject
from simulator.salesforce_soql import Aggregate, Select, SortKey

Render = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """All rows of a query and how to render one; `total` is what totalSize says."""

    total: int
    rows: list[Any]
    render: Render
    sobject: Sobject


def run(org: SalesforceOrg, select: Select, version: str, *, hidden: bool = False) -> Answer:
    """Answer a query; `hidden` includes deleted and archived rows (queryAll, ALL ROWS)."""
    sobject = object_named(org, select.source)
    rows = matching(org, sobject, select, hidden=hidden or select.all_rows)
    if select.counts_only:
        return Answer(len(rows), [], dict, sobject)
    if select.group or any(isinstance(field, Aggregate) and field.function != "FIELDS" for field in select.fields):
        results = _aggregated(org, sobject, select, rows)
        return Answer(len(results), results, dict, sobject)
    return Answer(len(rows), rows, renderer(org, sobject, select.fields, version), sobject)


def matching(org: SalesforceOrg, sobject: Sobject, select: Select, *, hidden: bool) -> list[Any]:
    """The rows a query's WHERE, ORDER BY, LIMIT and OFFSET leave."""
    where = bind_condition(org, sobject, _joined(org, select.where))
    found = reach(where, "SystemModstamp", "Id")
    named = _named_ids(where)
    rows = (
        org.within(sobject.name, found, hidden=hidden)
        if named is None
        else org.some(sobject.name, named, hidden=hidden)
    )
    if not hidden and "isarchived" in sobject.fields:
        rows = [row for row in rows if not org.is_archived(row)]
    if not found.exact:
        test = predicate(where, leaf(org, sobject))
        rows = [row for row in rows if test(row)]
    if not select.group:
        rows = _sorted(org, sobject, rows, select.order)
    if select.offset > 2000:
        raise SalesforceError(400, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
    end = None if select.limit is None else select.offset + select.limit
    return rows[select.offset : end]


def _named_ids(where: Condition) -> frozenset[str] | None:
    """The only ids that a condition allows, if it names them."""
    for term in where.terms if isinstance(where, All) else (where,):
        match term:
            case Compare("Id", "=", str() as identifier):
                return frozenset({identifier})
            case Compare("Id", "IN", frozenset() as identifiers):
                return identifiers
    return None


def _joined(org: SalesforceOrg, condition: Condition) -> Condition:
    """Ask the inner SELECT of `IN (SELECT …)`."""
    match condition:
        case All(terms):
            return All(tuple(_joined(org, term) for term in terms))
        case Some(terms):
            return Some(tuple(_joined(org, term) for term in terms))
        case Not(term):
            return Not(_joined(org, term))
        case Compare(value=Select() as inner):
            return replace(condition, value=_values(org, inner))
        case _:
            return condition


def _values(org: SalesforceOrg, select: Select) -> frozenset[Any]:
    sobject = object_named(org, select.source)
    if len(select.fields) != 1 or not isinstance(select.fields[0], str):
        raise SalesforceError(400, "MALFORMED_QUERY", "Semi join sub-selects can select one field only")
    read = bind_path(org, sobject, select.fields[0]).read
    return frozenset(read(row) for row in matching(org, sobject, select, hidden=False))


def _sorted(org: SalesforceOrg, sobject: Sobject, rows: list[Any], order: tuple[SortKey, ...]) -> list[Any]:
    keys = [(bind_path(org, sobject, key.field), key) for key in order]
    index = [("SystemModstamp", False), ("Id", False)]
    if [(bound.path, key.descending) for bound, key in keys] == index[: len(keys)]:
        return rows
    for bound, key in reversed(keys):
        rows = sorted(rows, key=_sort_value(bound, key), reverse=key.descending)
    return rows


def _sort_value(bound: Bound, key: SortKey) -> Callable[[Any], Any]:
    """Nulls come first unless NULLS LAST says otherwise, in both directions."""
    absent = (key.nulls_last != key.descending, "")
    present = not absent[0]

    def value(row: Any) -> tuple[bool, Any]:
        read = bound.read(row)
        return absent if read is None else (present, read)

    return value


def renderer(org: SalesforceOrg, sobject: Sobject, fields: Iterable[Any], version: str) -> Render:
    """How a row becomes a record: attributes, own fields, parents as objects, children as results."""
    reads: list[tuple[str, Callable[[Any], Any]]] = []
    parents: dict[str, list[str]] = {}
    for field in _expanded(org, sobject, fields):
        if isinstance(field, Select):
            reads.append((_child(sobject, field).name, _child_reader(org, sobject, field, version)))
            continue
        head, _, rest = field.partition(".")
        if rest and head.lower() != sobject.name.lower():
            parents.setdefault(head, []).append(rest)
        else:
            own = field_named(org, sobject, rest or head)
            reads.append((own.name, own.read))
    for head, paths in parents.items():
        relation = relation_named(org, sobject, head)
        reads.append((relation.relationship, _parent_reader(org, sobject, head, paths, version)))
    url = f"/services/data/{version}/sobjects/{sobject.name}/"
    identifier = sobject.fields["id"].read

    def render(row: Any) -> dict[str, Any]:
        record: dict[str, Any] = {"attributes": {"type": sobject.name, "url": url + identifier(row)}}
        for name, read in reads:
            record[name] = read(row)
        return record

    return render


def _expanded(org: SalesforceOrg, sobject: Sobject, fields: Iterable[Any]) -> Iterable[Any]:
    for field in fields:
        if not isinstance(field, Aggregate):
            yield field
            continue
        for entry in sobject.visible(org.hidden(sobject.name)):
            if field.field.upper() == "ALL" or entry.custom == (field.field.upper() == "CUSTOM"):
                yield entry.name


def _parent_reader(
    org: SalesforceOrg, sobject: Sobject, head: str, paths: list[str], version: str
) -> Callable[[Any], Any]:
    relation = relation_named(org, sobject, head)
    if len(relation.refers) == 1:
        parent = org.objects[relation.refers[0].lower()]
        inner = renderer(org, parent, paths, version)

        def read(row: Any) -> Any:
            found = org.row(relation.read(row))
            return inner(found[1]) if found else None

        return read
    bounds = [bind_path(org, sobject, f"{head}.{path}") for path in paths]

    def read_any(row: Any) -> Any:
        identifier = relation.read(row)
        found = org.row(identifier)
        if found is None:
            return None
        url = f"/services/data/{version}/sobjects/{found[0].name}/{identifier}"
        values = {bound.field.name: bound.read(row) for bound in bounds}
        return {"attributes": {"type": found[0].name, "url": url}, **values}

    return read_any


def _child(sobject: Sobject, select: Select) -> Any:
    for child in sobject.children:
        if child.name.lower() == select.source.lower():
            return child
    raise SalesforceError(
        400,
        "INVALID_TYPE",
        f"Didn't understand relationship '{select.source}' in FROM part of query call."
        " If you are attempting to use a custom relationship, be sure to append the '__r' after the name.",
    )


def _child_reader(org: SalesforceOrg, sobject: Sobject, select: Select, version: str) -> Callable[[Any], Any]:
    child = _child(sobject, select)
    identifier = sobject.fields["id"].read

    def read(row: Any) -> Any:
        mine = Compare(child.field, "=", identifier(row))
        answer = run(org, replace(select, source=child.object, where=All((mine, select.where))), version)
        if not answer.rows:
            return None
        return {"totalSize": answer.total, "done": True, "records": [answer.render(one) for one in answer.rows]}

    return read


def _aggregated(org: SalesforceOrg, sobject: Sobject, select: Select, rows: list[Any]) -> list[dict[str, Any]]:
    """One AggregateResult per group; unnamed aggregates are called expr0, expr1 and so on."""
    keys = [bind_path(org, sobject, name) for name in select.group]
    groups: dict[tuple[Any, ...], list[Any]] = {} if keys else {(): rows}
    for row in rows if keys else ():
        groups.setdefault(tuple(key.read(row) for key in keys), []).append(row)
    results = []
    for members in groups.values():
        result: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
        unnamed = 0
        for field in select.fields:
            if isinstance(field, Aggregate):
                result[field.alias or f"expr{unnamed}"] = _aggregate(org, sobject, field, members)
                unnamed += not field.alias
            elif isinstance(field, str) and members:
                bound = bind_path(org, sobject, field)
                result[bound.field.name] = bound.read(members[0])
        results.append(result)
    return results


def _aggregate(org: SalesforceOrg, sobject: Sobject, wanted: Aggregate, rows: list[Any]) -> Any:
    if not wanted.field:
        return len(rows)
    read = bind_path(org, sobject, wanted.field).read
    values = [value for value in map(read, rows) if value is not None]
    return _AGGREGATES[wanted.function](values)


_AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {
    "COUNT": len,
    "COUNT_DISTINCT": lambda values: len(set(values)),
    "MIN": lambda values: min(values, default=None),
    "MAX": lambda values: max(values, default=None),
    "SUM": lambda values: sum(values) if values else None,
    "AVG": lambda values: sum(values) / len(values) if values else None,
}

"""One ConnectWise collection: its records as bytes, and which of them a query selects."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import msgspec

from simulator.conditions import All, Compare, Condition, predicate
from simulator.connectwise_conditions import Moment
from simulator.connectwise_fields import chosen, project
from simulator.connectwise_matching import Names, any_of, child_test, order_key, value_at
from simulator.site import Site
from simulator.world_table import Table

STAMPS = ("lastupdated", "_info/lastupdated")
Order = tuple[tuple[str, bool], ...]
"""Names, and whether descending."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a list or a count was asked for; `after` is the id that a page starts behind."""

    condition: Condition | None = None
    child: Condition | None = None
    custom: Condition | None = None
    order: Order = ()


class Collection:
    """Rows of one table, rendered once per version and found by index where a query allows."""

    def __init__(
        self,
        site: Site,
        path: str,
        resource: str,
        table: Table[Any],
        render: Callable[[Any], dict[str, Any]],
        enums: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self.site = site
        self.path = path
        self.resource = resource
        self.table = table
        self.render = render
        sample = render(next(iter(table))) if len(table) else {}
        children = {name for name, value in sample.items() if isinstance(value, list)}
        self.names = Names({name.lower(): name for name in sample}, frozenset(children), enums or {})
        self.held: dict[str, dict[int, tuple[Any, bytes]]] = {}
        self.selections: dict[str, list[int]] = {}
        self.selected_at = -1

    def record(self, row: Any) -> bytes:
        """One record as JSON; null properties are left out."""
        fields = self.render(row)
        if row.id % 17 == 0 and self.site.faults.on("nul"):
            fields = {name: _with_nul(name, value) for name, value in fields.items()}
        return msgspec.json.encode({name: value for name, value in fields.items() if value is not None})

    def records(self, ids: list[int], fields: str) -> list[bytes]:
        """Records as JSON, only the fields asked for (all if none); kept per version while there is room."""
        live, keep = self.table.live, not self.site.faults.on("nul")
        held, wanted = self.held.setdefault(fields, {}), chosen(fields, self.names.fields)
        found = []
        for row_id in ids:
            row = live[row_id]
            kept = held.get(row_id) if keep else None
            if kept is None or kept[0] is not row:
                kept = (row, project(self.record(row), wanted) if fields else self.record(row))
                if keep and self.site.records.take(len(kept[1]) + 250):
                    held[row_id] = kept
            found.append(kept[1])
        return found

    def select(self, query: Query) -> list[int]:
        """Ids of the matching records in the order asked for; without one, by id."""
        if self.selected_at != self.table.revision:
            self.selections.clear()
            self.selected_at = self.table.revision
        condition, after = without_keyset(query.condition) if not query.order else (query.condition, 0)
        key = repr((condition, query.child, query.custom, query.order))
        ids = self.selections.get(key)
        if ids is None:
            ids = self.selections[key] = self.search(query, condition)
        return ids[bisect_left(ids, after + 1) :] if after else ids

    def search(self, query: Query, condition: Condition | None) -> list[int]:
        """Find the matching records: by index as far as it goes, then one by one."""
        ids, rest = self.candidates(condition)
        tests = [predicate(term, self.names.leaf) for term in rest]
        tests += [child_test(query.child)] if query.child else []
        tests += [any_of("customFields", query.custom)] if query.custom else []
        if not tests and not query.order:
            return ids
        records = [(row_id, msgspec.json.decode(self.record(self.table.live[row_id]))) for row_id in ids]
        matching = [(row_id, record) for row_id, record in records if all(test(record) for test in tests)]
        for name, descending in reversed(query.order):
            path = self.names.path(name)
            matching.sort(key=lambda pair: order_key(value_at(pair[1], path)), reverse=descending)
        return [row_id for row_id, _ in matching]

    def candidates(self, condition: Condition | None) -> tuple[list[int], list[Condition]]:
        """Ids that may match, ascending, and the terms that are still to be tested."""
        start: int | None = None
        end: int | None = None
        rest: list[Condition] = []
        for term in terms_of(condition):
            bounds = stamp_bounds(term)
            if bounds is None:
                rest.append(term)
                continue
            start = max(filter(None, (start, bounds[0])), default=None)
            end = min(filter(None, (end, bounds[1])), default=None)
        for term in rest:
            if isinstance(term, Compare) and term.field.lower() == "id" and term.op in ("=", "in"):
                wanted = term.value if isinstance(term.value, tuple) else (term.value,)
                ids = sorted({int(value) for value in wanted if isinstance(value, float)} & self.table.live.keys())
                return ids, list(terms_of(condition))
        if start is None and end is None:
            return self.table.ids(), rest
        return sorted(self.table.window(start, end)), rest


def terms_of(condition: Condition | None) -> tuple[Condition, ...]:
    """The terms that all must hold, whatever parentheses stand around them."""
    if condition is None:
        return ()
    if not isinstance(condition, All):
        return (condition,)
    return tuple(inner for term in condition.terms for inner in terms_of(term))


def without_keyset(condition: Condition | None) -> tuple[Condition | None, int]:
    """Split `id > n` off, so that all pages of a walk share one selection."""
    after, rest = 0, []
    for term in terms_of(condition):
        if isinstance(term, Compare) and (term.field.lower(), term.op) == ("id", ">") and isinstance(term.value, float):
            after = max(after, floor(term.value))
        else:
            rest.append(term)
    return (All(tuple(rest)) if rest else None), after


def stamp_bounds(term: Condition) -> tuple[int | None, int | None] | None:
    """Whole seconds [start, end) of a comparison of lastUpdated; None if it is something else."""
    if not isinstance(term, Compare) or term.field.lower() not in STAMPS or not isinstance(term.value, Moment):
        return None
    at = term.value.seconds
    bounds: dict[str, tuple[int | None, int | None]] = {
        ">=": (ceil(at), None),
        ">": (floor(at) + 1, None),
        "<": (None, ceil(at)),
        "<=": (None, floor(at) + 1),
    }
    return bounds.get(term.op)


def _with_nul(name: str, value: Any) -> Any:
    return f"{value[:3]}\0{value[3:]}" if name in {"summary", "notes", "title", "website"} and value else value

"""Which rows of a table a query gives, and in which order."""

from collections import OrderedDict
from collections.abc import Callable
from itertools import dropwhile, groupby
from random import Random
from typing import Any

from simulator.conditions import FIRST_KEY, LAST, Span, predicate, reach
from simulator.servicenow_columns import Column, Table, seconds_of
from simulator.servicenow_instance import ServiceNowInstance
from simulator.servicenow_query import Order, Query, leaf, parse

STAMP, KEY = "sys_updated_on", "sys_id"
KEPT = 16


class Selector:
    """Answers queries; the last results are kept while nothing changes, since clients page by offset."""

    def __init__(self, instance: ServiceNowInstance) -> None:
        self._instance = instance
        self._kept: OrderedDict[tuple[Any, ...], list[Any]] = OrderedDict()
        self._shuffles = 0

    def column(self, table: Table, path: str) -> tuple[Column, Callable[[Any], str]] | None:
        """The column at the end of a dot-walked path, and how to read it off the first row; None: no such."""
        head, _, rest = path.partition(".")
        own = table.columns.get(head)
        if own is None or not rest:
            return (own, own.read) if own else None
        target = self._instance.tables.get(own.refers)
        end = self.column(target, rest) if target else None
        if target is None or end is None:
            return None
        return end[0], _walked(own, target, end[1])

    def query(self, table: Table, text: str) -> Query:
        """Read an encoded query against the table's columns."""

        def kind(path: str) -> str | None:
            found = self.column(table, path)
            return found[0].kind if found else None

        return parse(text, kind)

    def rows(self, table: Table, text: str) -> list[Any]:
        """All rows that a query matches, as far as the instance understands it."""
        world, faults = self._instance.world, self._instance.site.faults
        key = (table.name, text, *(t.revision for t in world.tables.values()), *faults.active)
        if key not in self._kept:
            while len(self._kept) >= KEPT:
                self._kept.popitem(last=False)
            self._kept[key] = self._found(table, self.query(table, text))
        if faults.on("unordered") and "ORDERBY" not in text:
            self._shuffles += 1
            return Random(self._shuffles).sample(self._kept[key], len(self._kept[key]))
        return self._kept[key]

    def _found(self, table: Table, query: Query) -> list[Any]:
        if query.ignored and self._instance.site.faults.on("strict-query"):
            return []
        found = reach(query.where, STAMP, KEY)
        rows = [row for span in found.spans for row in _within(table, span)]
        if not found.exact:
            test = predicate(query.where, leaf(lambda path: self._read(table, path)))
            rows = [row for row in rows if test(row)]
        return self._ordered(table, rows, query.order)

    def _read(self, table: Table, path: str) -> Callable[[Any], str]:
        found = self.column(table, path)
        return found[1] if found else lambda _: ""

    def _ordered(self, table: Table, rows: list[Any], order: tuple[Order, ...]) -> list[Any]:
        if order == (Order(STAMP),):
            return rows
        if order == (Order(STAMP), Order(KEY)):
            return _settled(table, rows)
        for one in reversed(order):
            rows = sorted(rows, key=self._read(table, one.field), reverse=one.descending)
        return rows


def _walked(own: Column, target: Table, read: Callable[[Any], str]) -> Callable[[Any], str]:
    def walk(row: Any) -> str:
        value = own.read(row)
        found = target.find(value) if value else None
        return "" if found is None else read(found)

    return walk


def _within(table: Table, span: Span) -> list[Any]:
    """Rows whose (stamp, key) lies in the span: only those of its two outermost seconds need a look."""
    stamp, key = table.columns[STAMP].read, table.columns[KEY].read
    start = None if span.low == FIRST_KEY else seconds_of(span.low[0])
    end = None if span.high[0] == LAST else seconds_of(span.high[0]) + 1
    rows = table.between(start, end)
    if start is not None and span.low[1]:
        edge = [row for row in rows if table.second(row) == start and (stamp(row), key(row)) >= span.low]
        rows = edge + list(dropwhile(lambda row: table.second(row) == start, rows))
    last = len(rows)
    while last and end is not None and table.second(rows[last - 1]) == end - 1:
        last -= 1
    return rows[:last] + [row for row in rows[last:] if (stamp(row), key(row)) < span.high]


def _settled(table: Table, rows: list[Any]) -> list[Any]:
    """Rows in the order of time, ties in the order of their keys."""
    key, settled = table.columns[KEY].read, []
    for _, tied in groupby(rows, table.second):
        same = list(tied)
        settled.extend(same if len(same) == 1 else sorted(same, key=key))
    return settled

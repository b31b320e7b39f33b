"""The org: the world's rows as Salesforce's objects, and which of them a query may see."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from simulator.conditions import FIRST_KEY, LAST, Reach
from simulator.salesforce_ids import number_of, record_id
from simulator.salesforce_schema import Sobject
from simulator.site import Site
from simulator.world_table import Table

YEAR = 365 * 86400
_FIELD_SERVICE = {"workorder", "timesheetentry"}
_HIDDEN = {"Case": frozenset({"Origin"}), "Account": frozenset({"Website"}), "Contact": frozenset({"Email"})}
Between = Callable[[int | None, int | None], list[Any]]


class Rows:
    """The rows of one object, in the order of SystemModstamp and Id, those of the recycle bin too."""

    def __init__(self, prefix: str, table: Table[Any], mine: Callable[[Any], bool] | None = None) -> None:
        self._prefix = prefix
        self.table = table
        self._mine = mine
        self._bin: tuple[int, dict[int, Any]] = (-1, {})

    def find(self, identifier: str) -> Any | None:
        """The row of an 18-character id, deleted or not."""
        number = number_of(identifier)
        if not identifier.startswith(self._prefix) or identifier != record_id(self._prefix, max(number, 0)):
            return None
        row = self.table.get(number) or self._binned().get(number)
        return row if row is not None and (self._mine is None or self._mine(row)) else None

    def between(self, start: int | None, end: int | None, *, hidden: bool) -> list[Any]:
        """Rows with start <= stamp < end; deleted ones only where `hidden` asks for them."""
        live = self.table.live
        rows = [live[number] for number in self.table.window(start, end)]
        if self._mine is not None:
            rows = [row for row in rows if self._mine(row)]
        if not hidden:
            return [row for row in rows if not self.is_deleted(row)]
        binned = [row for row in self._binned().values() if _inside(row.updated_at, start, end)]
        if self._mine is not None:
            binned = [row for row in binned if self._mine(row)]
        return sorted([*rows, *binned], key=_order) if binned else rows

    def is_deleted(self, row: Any) -> bool:
        """Whether a row lies in the recycle bin: deleted, or the loser of a merge."""
        marked = getattr(row, "deleted_at", None) or getattr(row, "merged_into", None)
        return marked is not None or (row.id in self.table.tombstones and row.id not in self.table.live)

    def _binned(self) -> dict[int, Any]:
        """Hard deletes of the world are soft here, and deleting moves the stamp."""
        if self._bin[0] != self.table.revision:
            dead = self.table.tombstones.values()
            self._bin = (
                self.table.revision,
                {stone.id: replace(stone.row, updated_at=stone.deleted_at) for stone in dead},
            )
        return self._bin[1]


class FixedRows:
    """Rows that never change: users and queues."""

    def __init__(self, prefix: str, rows: Mapping[int, Any]) -> None:
        self._prefix = prefix
        self._rows = rows

    def find(self, identifier: str) -> Any | None:
        """The row of an 18-character id."""
        return self._rows.get(number_of(identifier)) if identifier.startswith(self._prefix) else None

    def between(self, start: int | None, end: int | None, *, hidden: bool) -> list[Any]:
        """All rows where their one stamp, the org's birth, lies inside."""
        del hidden
        return list(self._rows.values()) if _inside(BIRTH, start, end) else []

    def is_deleted(self, row: Any) -> bool:
        """Users can only be deactivated."""
        del row
        return False


BIRTH = 1_262_304_000
"""2010-01-01: when the org and its users were made."""


def _inside(moment: int, start: int | None, end: int | None) -> bool:
    return (start is None or start <= moment) and (end is None or moment < end)


def _order(row: Any) -> tuple[int, int]:
    return row.updated_at, row.id


class SalesforceOrg:
    """Objects by name in small letters, their rows, and what the user may not see."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.world = site.world
        self._objects: dict[str, Sobject] = {}
        self.rows: dict[str, Rows | FixedRows] = {}
        self._by_prefix: dict[str, Sobject] = {}

    def add(self, sobject: Sobject, rows: Rows | FixedRows) -> None:
        """Take in an object."""
        self._objects[sobject.name.lower()] = sobject
        self.rows[sobject.name] = rows
        self._by_prefix[sobject.prefix] = sobject

    @property
    def objects(self) -> dict[str, Sobject]:
        """The objects that the org has now: those of Field Service only where it is switched on."""
        if self.has_field_service():
            return self._objects
        return {name: sobject for name, sobject in self._objects.items() if name not in _FIELD_SERVICE}

    def has_field_service(self) -> bool:
        """Whether work orders and time sheets are there."""
        return self.site.faults.on("field-service")

    def hidden(self, name: str) -> frozenset[str]:
        """Fields of an object that field-level security hides while a fault is on."""
        return _HIDDEN.get(name, frozenset()) if self.site.faults.on("hidden-field") else frozenset()

    def row(self, identifier: str | None) -> tuple[Sobject, Any] | None:
        """The object and row of an id."""
        sobject = self._by_prefix.get((identifier or "")[:3])
        row = self.rows[sobject.name].find(identifier or "") if sobject else None
        return (sobject, row) if sobject and row is not None else None

    def today(self) -> date:
        """The day in the org's zone, UTC."""
        return datetime.fromtimestamp(self.world.now, UTC).date()

    def within(self, name: str, reach: Reach, *, hidden: bool) -> list[Any]:
        """Rows of an object in a condition's reach, in the order of SystemModstamp and Id."""
        sobject, found = self.objects[name.lower()], []
        stamp, identifier = sobject.fields["systemmodstamp"].read, sobject.fields["id"].read
        for span in reach.spans:
            start = None if span.low == FIRST_KEY else _seconds(span.low[0])
            end = None if span.high[0] == LAST else _seconds(span.high[0]) + 1
            rows = self.rows[sobject.name].between(start, end, hidden=hidden)
            first = next((at for at, row in enumerate(rows) if (stamp(row), identifier(row)) >= span.low), len(rows))
            last = len(rows)
            while last > first and (stamp(rows[last - 1]), identifier(rows[last - 1])) >= span.high:
                last -= 1
            found.extend(rows if (first, last) == (0, len(rows)) else rows[first:last])
        return found

    def some(self, name: str, identifiers: Iterable[str | None], *, hidden: bool) -> list[Any]:
        """The rows of these ids, in the order of SystemModstamp and Id."""
        source = self.rows[name]
        found = [row for identifier in identifiers if (row := source.find(identifier or "")) is not None]
        stamp, key = (
            self.objects[name.lower()].fields["systemmodstamp"].read,
            self.objects[name.lower()].fields["id"].read,
        )
        found.sort(key=lambda row: (stamp(row), key(row)))
        return [row for row in found if hidden or not source.is_deleted(row)]

    def is_archived(self, row: Any) -> bool:
        """Whether an activity is more than a year old, so that only queryAll shows it."""
        return bool(getattr(row, "started_at", self.world.now) < self.world.now - YEAR)


def _seconds(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp())


@lru_cache(maxsize=8192)
def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86400, UTC).date().isoformat()


def stamp_of(seconds: int | None) -> str | None:
    """Seconds since 1970 as a REST date-time."""
    if seconds is None:
        return None
    day, second = divmod(seconds, 86400)
    return f"{_day(day)}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000+0000"


def day_of(seconds: int | None) -> str | None:
    """Seconds since 1970 as a date."""
    return None if seconds is None else _day(seconds // 86400)

"""The world: one MSP whose tickets, time entries, companies and contacts change as its clock moves.

For whoever renders it as a vendor's API:

- `world.now` is its clock (seconds since 1970 UTC); it moves only by `world.advance(seconds)`.
- `world.tickets`, `.time_entries`, `.companies`, `.contacts` are `Table`s (also `world.tables[name]`):
  `table.get(id)`, `table.ids()`, `table.window(start, end)` (half-open by updated_at, ordered by time and id),
  `for row in table`, `len(table)`, `table.tombstones[id]` (hard-deleted: deleted_at and last row),
  `table.history` with `table.committed` (all versions), `table.revision` (a key for caches).
- Rows are frozen structs (`world_rows`): ints, strings, None; a row object is one version, so
  rendered bytes may be cached by (table, id, version).
- `world.catalog` names what rows point to: members, boards, statuses, priorities, types, …
- What no row holds (an address, an SLA date) is drawn from `genes(seed, id)`, the same on every call.
- Changes made by a fault: `world.edit(table, id)` and `world.delete(table, id)` happen a second later than now.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any, Protocol

from msgspec.structs import replace

from simulator.world_catalog import Catalog
from simulator.world_rows import Company, Contact, Ticket, TimeEntry
from simulator.world_table import Table

START = 1_772_438_400
"""When a seeded world begins: 2026-03-02T08:00:00Z, a Monday."""

MIX = 0x9E3779B97F4A7C15


def genes(seed: int, row_id: int, salt: int = 0) -> int:
    """64 bits that belong to a row: the same for every caller, unlike for every id."""
    bits = (row_id * MIX ^ (seed + 1) * 0xD1B54A32D192ED03 ^ salt * 0x8CB92BA72F3D8DD7) & 0xFFFFFFFFFFFFFFFF
    bits = (bits ^ bits >> 31) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    return bits ^ bits >> 29


class Story(Protocol):
    """Where changes come from: a seed, or a log of what really happened."""

    def tell(self, world: "World", until: int) -> None:
        """Commit everything that happens in (world.now, until], in the order of time."""


class World:
    """Tables, labels and a clock."""

    def __init__(self, *, seed: int, now: int, catalog: Catalog, story: Story) -> None:
        self.seed = seed
        self.now = now
        self.catalog = catalog
        self.story = story
        self.tickets: Table[Ticket] = Table("tickets")
        self.time_entries: Table[TimeEntry] = Table("time_entries")
        self.companies: Table[Company] = Table("companies")
        self.contacts: Table[Contact] = Table("contacts")
        self.people: dict[int, list[int]] = {}
        """Contacts of a company, deleted ones included."""
        self.lateness: Callable[[], int] = lambda: 0
        """Seconds between a change's stamp and its becoming visible; a fault may set it."""
        self._late: list[tuple[int, int, str, Any]] = []
        self._turn = count()

    @property
    def tables(self) -> dict[str, Table[Any]]:
        """The four tables by name."""
        found = (self.tickets, self.time_entries, self.companies, self.contacts)
        return {table.name: table for table in found}

    def advance(self, seconds: int) -> None:
        """Move the clock and let the story happen."""
        until = self.now + seconds
        self.story.tell(self, until)
        self.reach(until)

    def reach(self, moment: int) -> None:
        """Move the clock to a moment, making late changes visible on the way."""
        while self._late and self._late[0][0] <= moment:
            at, _, name, row = heappop(self._late)
            self.now = max(self.now, at)
            self.tables[name].put(row, at)
        self.now = max(self.now, moment)

    def commit(self, name: str, row: Any) -> None:
        """Make a row or its next version visible: now, or later where changes are late."""
        delay = self.lateness()
        if delay and not self.is_late(name, row.id):
            heappush(self._late, (self.now + delay, next(self._turn), name, row))
        else:
            self.tables[name].put(row, self.now)

    def is_late(self, name: str, row_id: int) -> bool:
        """Whether a change of this row still waits to become visible."""
        return any(waiting[2] == name and waiting[3].id == row_id for waiting in self._late)

    def edit(self, name: str, row_id: int) -> None:
        """Touch a row without changing more than its stamp."""
        self.reach(self.now + 1)
        row = self.tables[name].live[row_id]
        self.tables[name].put(replace(row, updated_at=self.now), self.now)

    def delete(self, name: str, row_id: int) -> None:
        """Hard-delete a row."""
        self.reach(self.now + 1)
        self.tables[name].remove(row_id, self.now, by=1)

"""One table of the world: the rows visible now, every version they had, and what was deleted."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Generic

from msgspec.structs import replace

from simulator.world_rows import R, Tombstone

ID_BITS = 28
ID_MASK = (1 << ID_BITS) - 1


class Table(Generic[R]):
    """Rows by id and by (updated_at, id); `revision` grows with every change, so caches can key on it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.live: dict[int, R] = {}
        self.tombstones: dict[int, Tombstone] = {}
        self.history: list[R] = []
        """Every version in the order of commit; what a row had before the world began is not kept."""
        self.committed = array("q")
        """When each version of `history` became visible."""
        self.revision = 0
        self.next_id = 1
        self._times = array("q")
        self._ids: tuple[int, list[int]] = (-1, [])

    def get(self, row_id: int) -> R | None:
        """The row as it is now."""
        return self.live.get(row_id)

    def __len__(self) -> int:
        return len(self.live)

    def __iter__(self) -> Iterator[R]:
        """Rows as they are now, in the order of their ids."""
        return (self.live[row_id] for row_id in self.ids())

    def ids(self) -> list[int]:
        """Ids of the rows visible now, ascending; don't change the list."""
        if self._ids[0] != self.revision:
            self._ids = (self.revision, sorted(self.live))
        return self._ids[1]

    def window(self, start: int | None = None, end: int | None = None) -> list[int]:
        """Ids of rows with start <= updated_at < end (None = open), ordered by (updated_at, id)."""
        times, live = self._times, self.live
        low = 0 if start is None else bisect_left(times, start << ID_BITS)
        high = len(times) if end is None else bisect_left(times, end << ID_BITS)
        found = []
        for packed in times[low:high]:
            row = live.get(packed & ID_MASK)
            if row is not None and row.updated_at == packed >> ID_BITS:
                found.append(row.id)
        return found

    def allot(self) -> int:
        """Take the next free id."""
        self.next_id += 1
        return self.next_id - 1

    def fill(self, rows: list[R], at: int) -> None:
        """Begin with these rows, ids ascending."""
        self.live = {row.id: row for row in rows}
        self.history = rows
        self.committed = array("q", [at]) * len(rows)
        self._times = array("q", sorted(row.updated_at << ID_BITS | row.id for row in rows))
        self.next_id = rows[-1].id + 1 if rows else 1
        self.revision += 1

    def put(self, row: R, at: int) -> R:
        """Make a row's next version visible at the moment `at`."""
        before = self.live.get(row.id)
        row = replace(row, version=before.version + 1) if before is not None else row  # type: ignore[type-var]
        self.live[row.id] = row
        self.history.append(row)
        self.committed.append(at)
        if before is None or before.updated_at != row.updated_at:
            insort(self._times, row.updated_at << ID_BITS | row.id)
        self.revision += 1
        return row

    def remove(self, row_id: int, at: int, by: int) -> None:
        """Hard-delete a row: no list shows it again."""
        row = self.live.pop(row_id)
        self.tombstones[row_id] = Tombstone(id=row_id, deleted_at=at, deleted_by=by, row=row)
        self.revision += 1

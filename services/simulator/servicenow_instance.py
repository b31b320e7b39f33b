"""The instance: its tables over the world's rows, and the ids that lead from one to the other."""

from collections.abc import Callable, Iterable
from typing import Any

from simulator.servicenow_columns import Column, Table
from simulator.site import Site
from simulator.world import genes
from simulator.world_table import Table as WorldTable

_SALTS = {name: salt for salt, name in enumerate(("tickets", "time_entries", "companies", "contacts", "members"), 11)}
_SALTS |= {name: salt for salt, name in enumerate(("boards", "graves", "choices", "labels", "cards"), 31)}
_LOW = (1 << 64) - 1


class Ids:
    """sys_ids: 32 hex digits without an order, out of a kind and a number, and back."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def of(self, kind: str, number: int | None) -> str:
        """The sys_id of a thing; nothing has none."""
        if number is None:
            return ""
        mixed = genes(self._seed, number, _SALTS[kind])
        return f"{mixed:016x}{number ^ genes(self._seed, mixed & _LOW, _SALTS[kind]):016x}"

    def number(self, kind: str, sys_id: str) -> int | None:
        """The number in a sys_id of that kind; None if it is another's."""
        try:
            mixed, hidden = int(sys_id[:16], 16), int(sys_id[16:], 16)
        except ValueError:
            return None
        number = hidden ^ genes(self._seed, mixed, _SALTS[kind])
        return number if self.of(kind, number) == sys_id else None


class WorldRows:
    """A table whose rows are the world's."""

    def __init__(
        self,
        name: str,
        shown: str,
        ids: Ids,
        table: WorldTable[Any],
        columns: dict[str, Column],
        mine: Callable[[Any], bool] = lambda _: True,
    ) -> None:
        self.name = name
        self.shown = shown
        self.columns = columns
        self.table = table
        self._ids = ids
        self._mine = mine

    def find(self, sys_id: str) -> Any | None:
        """The row of a sys_id."""
        number = self._ids.number(self.table.name, sys_id)
        row = None if number is None else self.table.get(number)
        return row if row is not None and self._mine(row) else None

    def between(self, start: int | None, end: int | None) -> list[Any]:
        """Rows with start <= sys_updated_on < end, in the order of time."""
        live = self.table.live
        return [row for number in self.table.window(start, end) if self._mine(row := live[number])]

    def second(self, row: Any) -> int:
        """A row's sys_updated_on in seconds."""
        return int(row.updated_at)


class ListedRows:
    """A table of few rows, made anew when asked for: rows are (seconds, sys_id, anything)."""

    def __init__(
        self, name: str, shown: str, columns: dict[str, Column], rows: Callable[[], Iterable[tuple[int, str, Any]]]
    ) -> None:
        self.name = name
        self.shown = shown
        self.columns = columns
        self._rows = rows

    def find(self, sys_id: str) -> Any | None:
        """The row of a sys_id."""
        return next((row for row in self._rows() if row[1] == sys_id), None)

    def between(self, start: int | None, end: int | None) -> list[Any]:
        """Rows with start <= stamp < end, in the order of time."""
        rows = [row for row in self._rows() if (start is None or start <= row[0]) and (end is None or row[0] < end)]
        return sorted(rows, key=self.second)

    def second(self, row: Any) -> int:
        """A row's sys_updated_on in seconds."""
        return int(row[0])


class JoinedRows:
    """Several tables as one: `sys_user` holds technicians and customers' people, `task` every class."""

    def __init__(self, name: str, shown: str, columns: dict[str, Column], parts: Iterable[Table]) -> None:
        self.name = name
        self.shown = shown
        self.parts = tuple(parts)
        self.columns = {
            name: Column(c.name, self._reader(name), c.kind, c.refers, c.labels) for name, c in columns.items()
        }

    def find(self, sys_id: str) -> Any | None:
        """The row of a sys_id, with the part it is of."""
        for part in self.parts:
            row = part.find(sys_id)
            if row is not None:
                return part, row
        return None

    def between(self, start: int | None, end: int | None) -> list[Any]:
        """Rows with start <= sys_updated_on < end, in the order of time."""
        rows = [(part, row) for part in self.parts for row in part.between(start, end)]
        return sorted(rows, key=self.second)

    def second(self, row: Any) -> int:
        """A row's sys_updated_on in seconds."""
        part, own = row
        return int(part.second(own))

    def _reader(self, name: str) -> Callable[[Any], str]:
        def read(pair: Any) -> str:
            column = pair[0].columns.get(name)
            return column.read(pair[1]) if column else ""

        return read


class Labels:
    """Things that the log names by a label only: a problem, a configuration item; numbered as they are met."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._numbers: dict[tuple[str, str], int] = {}

    def sys_id(self, table: str, label: str) -> str:
        """The sys_id of a label; `?` and nothing have none."""
        if label in {"", "?"}:
            return ""
        number = self._numbers.setdefault((table, label), len(self._numbers) + 1)
        return self._ids.of("labels", number)

    def rows(self, table: str) -> list[tuple[int, str, str]]:
        """The rows of a table of labels."""
        return [(0, self._ids.of("labels", n), label) for (name, label), n in self._numbers.items() if name == table]


class ServiceNowInstance:
    """Tables by name."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.world = site.world
        self.ids = Ids(site.world.seed)
        self.labels = Labels(self.ids)
        self.tables: dict[str, Table] = {}

    def add(self, table: Table) -> None:
        """Take in a table."""
        self.tables[table.name] = table

    def user_name(self, member_id: int) -> str:
        """The login that sys_created_by and sys_updated_by hold."""
        member = self.world.catalog.members.get(member_id)
        return member.identifier if member else "system"

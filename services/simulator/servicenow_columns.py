"""Columns of ServiceNow's tables and the three forms that a value is shown in.

Every value is text: null is "", a duration is a date after 1970, a reference is an object or "".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, Protocol

Read = Callable[[Any], str]

USER_ZONE = timezone(timedelta(hours=-8))
"""The zone of the integration user: display values are in it, and in the user's date format."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how its raw value is read off a row, what it refers to, which labels its codes have."""

    name: str
    read: Read
    kind: str = "text"
    refers: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


class Table(Protocol):
    """One table of the instance."""

    name: str
    shown: str
    """The column that stands for a row where it is referred to."""
    columns: dict[str, Column]

    def find(self, sys_id: str) -> Any | None:
        """The row of a sys_id."""

    def between(self, start: int | None, end: int | None) -> list[Any]:
        """Rows with start <= sys_updated_on < end, in the order of time."""

    def second(self, row: Any) -> int:
        """A row's sys_updated_on in seconds."""


@dataclass(frozen=True, slots=True)
class Form:
    """How values are asked for: `sysparm_display_value` and `sysparm_exclude_reference_link`."""

    display: str = "false"
    links: bool = True


def columns(*groups: Iterable[Column]) -> dict[str, Column]:
    """Columns by name; a later one of a name takes its place."""
    return {column.name: column for group in groups for column in group}


def constant(values: Mapping[str, str], kind: str = "text") -> list[Column]:
    """Columns that hold the same in every row."""

    def reader(value: str) -> Read:
        return lambda _: value

    return [Column(name, reader(value), kind) for name, value in values.items()]


def empty(*names: str) -> list[Column]:
    """Columns that this instance leaves empty."""
    return constant(dict.fromkeys(names, ""))


def stamp(name: str, read: Callable[[Any], int | None]) -> Column:
    """A date-time column out of seconds."""
    return Column(name, lambda row: stamp_of(read(row)), "stamp")


def stamp_of(seconds: int | None) -> str:
    """Seconds since 1970 as `2026-01-01 00:00:00`, UTC."""
    if seconds is None:
        return ""
    day, second = divmod(seconds, 86400)
    return f"{_day(day)} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def seconds_of(stamp: str) -> int:
    """The inverse of `stamp_of`."""
    return int(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp())


@lru_cache(maxsize=8192)
def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86400, UTC).date().isoformat()


def truth(value: object) -> str:
    """A boolean as text."""
    return "true" if value else "false"


def display(tables: Mapping[str, Table], column: Column, value: str) -> str:
    """A value as the user sees it."""
    if not value:
        return ""
    match column.kind:
        case "reference":
            row = tables[column.refers].find(value)
            return (
                column.labels.get(value, "")
                if row is None
                else tables[column.refers].columns[tables[column.refers].shown].read(row)
            )
        case "stamp":
            local = datetime.fromtimestamp(seconds_of(value), USER_ZONE)
            return f"{local:%m-%d-%Y %I:%M:%S %p}"
        case "duration":
            return _spoken(seconds_of(value))
        case _:
            return column.labels.get(value, value)


def _spoken(seconds: int) -> str:
    parts = ((seconds // 86400, "Day"), (seconds // 3600 % 24, "Hour"), (seconds // 60 % 60, "Minute"))
    return " ".join(f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in parts if count) or "0 Seconds"


def shown(tables: Mapping[str, Table], base_url: str, column: Column, value: str, form: Form) -> Any:
    """A value in the form asked for."""
    if column.kind != "reference" and form.display == "false":
        return value
    if form.display == "all":
        both = {"display_value": display(tables, column, value), "value": value}
        return {**both, "link": _link(base_url, column, value)} if _linked(column, value, form) else both
    if column.kind != "reference":
        return display(tables, column, value)
    name, told = ("display_value", display(tables, column, value)) if form.display == "true" else ("value", value)
    if not value or not form.links:
        return told
    link = {"link": _link(base_url, column, value)}
    return {name: told, **link} if form.display == "true" else {**link, name: told}


def _linked(column: Column, value: str, form: Form) -> bool:
    return column.kind == "reference" and bool(value) and form.links


def _link(base_url: str, column: Column, value: str) -> str:
    return f"{base_url}/api/now/table/{column.refers}/{value}"

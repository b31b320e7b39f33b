"""How results are shown: a table for people, JSON for programs."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def show(rows: Sequence[Mapping[str, Any]], *, as_json: bool, empty: str = "Nothing here.") -> None:
    """Print rows as a table, or as a JSON array."""
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(rows, enc_hook=str), indent=2).decode())
        return
    if not rows:
        print(empty)
        return
    people().print(table(rows))


def table(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Rows as a table for people."""
    from rich import box
    from rich.table import Table

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in rows[0] if rows else ():
        drawn.add_column(name.replace("_", " "), justify="right" if _numeric(rows, name) else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(cell(value) for value in row.values()))
    return drawn


def cell(value: Any) -> str:
    """One value as people read it."""
    written = str(value).replace("[", r"\[")
    match value:
        case None:
            written = "—"
        case bool():
            written = "yes" if value else "no"
        case int():
            written = f"{value:,}"
        case float():
            written = f"{value:,.2f}"
        case datetime():
            written = value.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
        case list() | tuple() | dict():
            written = msgspec.json.encode(value, enc_hook=str).decode().replace("[", r"\[")
        case _:
            pass
    return written


def people() -> Any:
    """The console for people's output; wide when it is not a terminal, so that nothing is cut."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 200, soft_wrap=not sys.stdout.isatty())


def say(text: str) -> None:
    """Tell people something beside the result."""
    print(text, file=sys.stderr)


def _numeric(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    values = [row[name] for row in rows if row.get(name) is not None]
    return bool(values) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)

"""`avesa mapping`: check mapping files, show what a table is made of."""

from pathlib import Path
from typing import Annotated, Any

import typer

from avesa.cli.output import AsJson, say, show

app = typer.Typer(help="Check and show mapping files.", no_args_is_help=True)


@app.command("check")
def check(
    folder: Annotated[Path | None, typer.Argument(help="A folder of mapping files; the packaged ones if none.")] = None,
) -> None:
    """Read every mapping file; a mistake names its file and line."""
    from avesa.core.names import TABLES
    from avesa.edges.mapping_files import read
    from avesa.settings import settings

    mappings = read(folder or settings().mappings)
    for table in TABLES:
        entities = ", ".join(f"{entity.source} {entity.name}" for entity in mappings.feeding(table))
        say(f"{table}: {len(mappings.contract(table).columns)} columns from {entities}")


@app.command("show")
def show_(
    table: Annotated[str, typer.Argument(help="tickets, time_entries, companies or contacts.")], as_json: AsJson = False
) -> None:
    """Show a table's columns, what they mean, and what is checked."""
    from avesa.core.names import TABLES
    from avesa.edges.mapping_files import read
    from avesa.errors import UsageError
    from avesa.settings import settings

    if table not in TABLES:
        raise UsageError(f"{table!r} is not a table; there are {', '.join(TABLES)}.")
    columns = read(settings().mappings).contract(table).columns
    rows = [
        {"column": column.name, "type": column.type, "checks": _checks(column), "meaning": column.comment}
        for column in columns
    ]
    show(rows, as_json=as_json)


def _checks(column: Any) -> str:
    allowed = f"one of {', '.join(column.allowed)}" if column.allowed else ""
    named = (("key", column.key), ("not null", column.not_null), ("pii", column.pii), (allowed, bool(allowed)))
    return "; ".join(name for name, held in named if held)

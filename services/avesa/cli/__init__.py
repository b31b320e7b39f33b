"""The commands; the only place that wires edges to verbs.

Commands import what they need when they run, so that `--help` answers at once.
"""

from pathlib import Path
from typing import Annotated

import typer

from avesa import __version__
from avesa.cli import checks, demo, deploy, letters, mapping, query, run, send, state, tenant, work

app = typer.Typer(
    name="avesa",
    help="Complete, hourly, replayable tables from ConnectWise, ServiceNow and Salesforce, for every tenant.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def main(
    home: Annotated[
        Path | None,
        typer.Option(help="Where an embedded installation lives.", envvar="AVESA_HOME", show_default=".avesa"),
    ] = None,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """Options of every command."""
    if home is not None:
        from avesa.settings import use

        use(home=home)


app.command("demo")(demo.demo)
app.add_typer(tenant.app, name="tenant")
app.command("check")(checks.check)
app.command("preview")(checks.preview)
app.command("run")(run.run)
app.command("status")(state.status)
app.command("sql")(query.sql)
app.command("reprocess")(run.reprocess)
app.add_typer(mapping.app, name="mapping")
app.add_typer(work.app, name="worker")
app.add_typer(send.app, name="send")
app.add_typer(letters.app, name="dlq")
app.command("health")(work.health)
app.command("deploy")(deploy.deploy)

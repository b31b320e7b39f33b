"""`avesa send`: the same messages that schedules and plans send, by hand."""

from typing import Annotated, Any

import typer

from avesa.cli.output import say
from avesa.cli.tenant import Source, Tenant

app = typer.Typer(help="Queue work: plan, ingest, transform, reprocess, backfill.", no_args_is_help=True)

Table = Annotated[str, typer.Argument(help="tickets, time_entries, companies or contacts.")]
Entity = Annotated[str, typer.Option(help="The source's collection, such as service/tickets.")]
Moment = Annotated[str, typer.Option(help="UTC, such as 2026-01-31T00:00:00Z.")]


@app.command("plan")
def plan(tenant: Tenant, source: Source) -> None:
    """Pull a tenant's source now."""
    from avesa.core.messages import Plan

    _to_source(source, Plan(tenant=tenant, source=source))


@app.command("ingest")
def ingest(tenant: Tenant, source: Source, entity: Entity, start: Moment, end: Moment) -> None:
    """Pull one window, whether it was pulled before or not."""
    from avesa.core.messages import Ingest

    _to_source(source, Ingest(tenant=tenant, source=source, entity=entity, start=start, end=end, again=True))


@app.command("backfill")
def backfill(tenant: Tenant, source: Source, entity: Entity = "", start: Moment = "", end: Moment = "") -> None:
    """Pull a range again in windows; all of it without a start."""
    from avesa.core.messages import Backfill

    _to_source(source, Backfill(tenant=tenant, source=source, entity=entity, start=start, end=end))


@app.command("transform")
def transform(
    tenant: Tenant,
    table: Table,
    accept_deletes: Annotated[
        bool, typer.Option("--accept-deletes", help="Publish deletes that are held back for being too many.")
    ] = False,
) -> None:
    """Publish what has landed."""
    from avesa.core.messages import Transform

    _to_table(table, Transform(tenant=tenant, table=table, accept_deletes=accept_deletes))


@app.command("reprocess")
def reprocess(tenant: Tenant, table: Table) -> None:
    """Rebuild a table and its history from raw alone."""
    from avesa.core.messages import Reprocess

    _to_table(table, Reprocess(tenant=tenant, table=table))


def _to_source(source: str, message: Any) -> None:
    from avesa.core.names import SOURCES, ingest_queue
    from avesa.errors import UsageError

    if source not in SOURCES:
        raise UsageError(f"{source!r} is not a source; there are {', '.join(SOURCES)}.")
    _send(ingest_queue(source), message)


def _to_table(table: str, message: Any) -> None:
    from avesa.core.names import transform_queue

    _send(transform_queue(table), message)


def _send(queue: str, message: Any) -> None:
    from avesa.cli.wiring import run
    from avesa.core.messages import parse
    from avesa.errors import BadMessage, UsageError

    try:
        parse(message.encode())
    except BadMessage as error:
        raise UsageError(str(error)) from None
    run(_sent(queue, message))
    say(f"Queued on {queue}: {message.encode().decode()}")


async def _sent(queue: str, message: Any) -> None:
    from avesa.cli.passes import send
    from avesa.cli.wiring import installation
    from avesa.services import Services

    async with installation() as here:
        await Services(here.edges.store).of(message.tenant)
        await send(here, queue, message)

"""`avesa run` and `avesa reprocess`: the main job on this machine."""

from typing import Annotated, Any

import typer

from avesa.cli.output import AsJson, say, show
from avesa.cli.tenant import Tenant


def run(tenant: Annotated[str | None, typer.Option(help="Only this tenant.")] = None, as_json: AsJson = False) -> None:
    """Pull what is due and publish it, until nothing is due; Ctrl-C stops it, the next run goes on."""
    from avesa.cli import wiring

    tally = wiring.run(_run(tenant, shown=not as_json), told=True)
    finish(tally, as_json=as_json)


def reprocess(
    tenant: Tenant, table: Annotated[str, typer.Argument(help="tickets, time_entries, companies or contacts.")],
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Rebuild a published table and its history from raw alone; the source is not asked."""
    from avesa.cli import wiring

    tally = wiring.run(_reprocess(tenant, table, shown=not as_json), told=True)
    finish(tally, as_json=as_json)


async def _run(tenant: str | None, *, shown: bool) -> Any:
    from avesa.cli.passes import whole
    from avesa.cli.progress import Screen, Tally
    from avesa.cli.wiring import installation

    tally = Tally()
    with Screen(tally, shown=shown) as screen:
        async with installation(tally, screen) as here:
            await whole(here, tenant)
    return tally


async def _reprocess(tenant: str, table: str, *, shown: bool) -> Any:
    from avesa.cli.passes import send, work_off
    from avesa.cli.progress import Screen, Tally
    from avesa.cli.wiring import installation
    from avesa.core.messages import Reprocess, parse
    from avesa.core.names import transform_queue
    from avesa.services import Services

    message = Reprocess(tenant=tenant, table=table)
    parse(message.encode())
    tally = Tally()
    with Screen(tally, shown=shown) as screen:
        async with installation(tally, screen) as here:
            await Services(here.edges.store).of(tenant)
            await send(here, transform_queue(table), message)
            await work_off(here, transform_queue(table))
    return tally


def finish(tally: Any, *, as_json: bool) -> None:
    """Say what came of a run; exit 1 if anything went wrong in it."""
    rows = [
        {
            "tenant": merged.tenant, "table": merged.table, "rows_in": merged.rows_in, "new": merged.inserted,
            "changed": merged.updated, "deleted": merged.deleted, "quarantined": merged.quarantined,
            "unmapped": merged.unmapped, "seconds": round(merged.seconds, 2),
        }
        for merged in tally.merged
    ]  # fmt: skip
    show(rows, as_json=as_json, empty="Nothing new to publish.")
    rate = tally.rows / max(tally.seconds, 0.001)
    say(f"{tally.landed:,} rows landed and proven in {tally.seconds:.1f} s ({rate:,.0f} rows/s).")
    for trouble in tally.troubles:
        say(f"! {trouble}")
    if tally.troubles:
        raise typer.Exit(1)

"""`avesa status`: how far every tenant's tables are."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import typer

from avesa.cli.output import AsJson, people, show, table

REFRESH = 2.0


def status(
    tenant: Annotated[str | None, typer.Option(help="Only this tenant.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show it anew every two seconds until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show per tenant and table: fresh to, proven to, rows, quarantine, what is waiting, the last error."""
    from avesa.cli.wiring import run

    run(_watch(tenant) if watch else _once(tenant, as_json=as_json))


async def rows(here: Any, tenant: str | None) -> list[dict[str, Any]]:
    """The status as rows to show."""
    from avesa.edges.published import count
    from avesa.status import statuses

    found = await statuses(tenant, edges=here.edges, mappings=here.mappings, count=count)
    return [asdict(status) | {"sources": ", ".join(status.sources)} for status in found]


async def _once(tenant: str | None, *, as_json: bool) -> None:
    from avesa.cli.wiring import installation

    async with installation() as here:
        found = await rows(here, tenant)
    if as_json:
        show(found, as_json=True)
    else:
        people().print(table(found))


async def _watch(tenant: str | None) -> None:
    from rich.live import Live

    from avesa.cli.wiring import installation

    async with installation() as here:
        with Live(console=people(), auto_refresh=False) as live:
            while True:
                live.update(table(await rows(here, tenant)), refresh=True)
                await asyncio.sleep(REFRESH)

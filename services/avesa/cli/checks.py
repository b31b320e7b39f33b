"""`avesa check` and `avesa preview`: look at a tenant's source, store nothing."""

from typing import Annotated, Any

import typer

from avesa.cli.output import AsJson, show
from avesa.cli.tenant import OneSource, Tenant


def check(tenant: Tenant, source: OneSource = None, as_json: AsJson = False) -> None:
    """Try a tenant's credentials, its rights on each needed field, and the source's clock."""
    from avesa.cli.wiring import run

    findings = run(_check(tenant, source))
    show(findings, as_json=as_json)
    if not all(finding["fine"] for finding in findings):
        raise typer.Exit(1)


def preview(
    tenant: Tenant,
    entity: Annotated[str, typer.Argument(help="The source's collection, such as service/tickets.")],
    source: OneSource = None,
    rows: Annotated[int, typer.Option(min=1, max=1000, help="How many rows.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Pull a few rows of an entity and show what its mapping makes of them."""
    from avesa.cli.wiring import run

    show(run(_preview(tenant, source, entity, rows)), as_json=as_json, empty="The source shows no row of it.")


async def _check(tenant: str, source: str | None) -> list[dict[str, Any]]:
    from avesa.check import check as look
    from avesa.cli.wiring import installation

    async with installation() as here:
        found = await look(tenant, source, edges=here.edges, mappings=here.mappings, clients=here.clients)
        return [{"source": name, "subject": f.subject, "fine": f.fine, "detail": f.detail} for name, f in found]


async def _preview(tenant: str, source: str | None, entity: str, rows: int) -> list[dict[str, Any]]:
    from avesa.cli.wiring import installation
    from avesa.preview import preview as look

    async with installation() as here:
        return await look(
            tenant, source, entity, rows,
            edges=here.edges, mappings=here.mappings, clients=here.clients, settings=here.settings,
        )  # fmt: skip

"""`avesa sql`: DuckDB over the published tables, for a look without another tool."""

from typing import Annotated, Any

import typer

from avesa.cli.output import AsJson, show


def sql(
    statement: Annotated[str, typer.Argument(help="A SELECT over tickets, time_entries, companies, contacts, …")],
    tenant: Annotated[str | None, typer.Option(help="Only this tenant's rows.")] = None,
    as_json: AsJson = False,
) -> None:
    """Query tables, `<table>_history` and `<table>_quarantine` of all tenants, or of one."""
    from avesa.cli.wiring import run

    show(run(_query(statement, tenant)), as_json=as_json, empty="No rows.")


async def _query(statement: str, tenant: str | None) -> list[dict[str, Any]]:
    from avesa.cli.wiring import installation
    from avesa.edges import published
    from avesa.services import Services

    async with installation() as here:
        services = Services(here.edges.store)
        found = await (services.all() if tenant is None else services.of(tenant))
        tenants = sorted({service.tenant for service in found})
        return await published.query(statement, here.edges.lake, tenants, here.mappings, here.settings)

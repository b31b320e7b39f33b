"""Reading published tables: how many rows they hold, and DuckDB over all of them."""

import asyncio
from collections.abc import Sequence
from typing import Any

from avesa.core.mapping import Mappings
from avesa.core.names import delta_table
from avesa.core.sql import name
from avesa.edges import delta
from avesa.edges.duck import Duck
from avesa.errors import BadMapping, UsageError
from avesa.ports import Lake, TableAddress
from avesa.settings import Settings

_KINDS = ("", "_history", "_quarantine")


async def count(address: TableAddress) -> int | None:
    """How many rows a table holds, None if it was never published; read from its log alone."""
    found = await asyncio.to_thread(delta.snapshot, address, "")
    return None if found is delta.NOTHING else found.rows


async def query(
    statement: str, lake: Lake, tenants: Sequence[str], mappings: Mappings, settings: Settings
) -> list[dict[str, Any]]:
    """Run a SELECT over the tables of some tenants; a table that none has is not there."""
    with Duck(settings, "sql") as duck:
        for table in mappings.contracts:
            for kind in _KINDS:
                await _view(duck, lake, tenants, f"{table}{kind}")
        try:
            return await duck.rows(statement)
        except BadMapping as error:
            raise UsageError(str(error).replace("DuckDB refuses the statement: ", "")) from None


async def _view(duck: Duck, lake: Lake, tenants: Sequence[str], table: str) -> None:
    parts = []
    for number, tenant in enumerate(tenants):
        found = await asyncio.to_thread(delta.dataset, lake.table(delta_table(tenant, table)))
        if found is not None:
            duck.register(f"_{table}_{number}", found)
            parts.append(f"select * from {name(f'_{table}_{number}')}")
    if parts:
        await duck.run(f"create view {name(table)} as {' union all by name '.join(parts)}")

"""`preview`: a few rows of an entity and what its mapping makes of them; nothing is stored."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from avesa.client import Clients
from avesa.core.mapping import Mappings
from avesa.core.rows import splitter
from avesa.core.windows import SECOND, Window, whole
from avesa.edges.duck import map_rows
from avesa.errors import UsageError
from avesa.ports import Edges
from avesa.services import Services
from avesa.settings import Settings
from avesa.sources.dialect import Landed, Page


class _Enough(Exception):
    """The rows asked for are there."""


async def preview(
    tenant: str, source: str | None, name: str, rows: int,
    *, edges: Edges, mappings: Mappings, clients: Clients, settings: Settings,
) -> list[dict[str, Any]]:  # fmt: skip
    """The entity's newest rows, mapped to canonical columns."""
    services = [s for s in await Services(edges.store).of(tenant) if source in {None, s.source}]
    service = next((s for s in services if name in mappings.source(s.source).entities), None)
    if service is None:
        known = ", ".join(entity for s in services for entity in mappings.source(s.source).entities)
        raise UsageError(f"Tenant {tenant} has no entity {name!r}; there are {known}.")
    entity, client = mappings.entity(service.source, name), await clients.open(service)
    pages: list[Page] = []

    async def keep(page: Page) -> Landed:
        pages.append(page)
        raise _Enough

    window = await _newest(client, entity)
    if window is None:
        return []
    few = entity.page_size  # as many as a page has, so that no bulk job is begun for them
    with suppress(_Enough):
        await client.walk(entity, window, few, keep, hourly=True)
    found = [splitter(entity.key, entity.time, page.envelope)(page.body) for page in pages]
    shown = await map_rows(entity, found, rows, settings)
    return [{name: value for name, value in row.items() if not name.startswith("_")} for row in shown]


async def _newest(client: Any, entity: Any) -> Window | None:
    """A window back from now that holds rows, doubled until it does."""
    now = whole(await client.now()) + SECOND
    oldest = await client.oldest(entity)
    length = timedelta(days=1)
    while oldest is not None:
        window = Window(max(now - length, whole(oldest)), now)
        if await client.count(entity, window, hourly=True) or window.start <= oldest:
            return window
        length *= 4
    return None

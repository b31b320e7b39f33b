"""`check`: try everything a tenant's source needs, before a pull does."""

from collections.abc import AsyncIterator
from datetime import timedelta

from avesa.client import Client, Clients
from avesa.core.mapping import Mappings
from avesa.core.tenants import Service
from avesa.errors import AvesaError
from avesa.ports import Edges
from avesa.services import Services
from avesa.sources.dialect import Finding

TOLERATED = timedelta(minutes=2)


async def check(
    tenant: str, source: str | None, *, edges: Edges, mappings: Mappings, clients: Clients
) -> list[tuple[str, Finding]]:
    """Findings of a tenant's sources, each with its source's name."""
    found = []
    for service in await Services(edges.store).of(tenant):
        if source in {None, service.source}:
            found += [(service.source, f) async for f in _service(service, await clients.open(service), mappings)]
    return found


async def _service(service: Service, client: Client, mappings: Mappings) -> AsyncIterator[Finding]:
    try:
        await client.now()
    except AvesaError as error:
        yield Finding("credentials", fine=False, detail=str(error))
        return
    yield Finding("credentials", fine=True, detail="accepted")
    yield _clock(client.skew or timedelta())
    yield _lookback(service, mappings)
    for entity in mappings.source(service.source).entities.values():
        try:
            for finding in await client.inspect(entity):
                yield finding
        except AvesaError as error:
            yield Finding(entity.name, fine=entity.optional, detail=str(error))


def _clock(skew: timedelta) -> Finding:
    """T5, T18: windows follow the source's clock, so a difference is worth knowing and harmless."""
    seconds = abs(skew.total_seconds())
    direction = "ahead of" if skew > timedelta() else "behind"
    detail = f"{seconds:,.0f} s {direction} ours; windows follow the source's" if seconds >= 1 else "the same as ours"
    if abs(skew) > TOLERATED:
        detail += " (a simulated world's clock is meant to differ)" if seconds > 86_400 else "; look at both clocks"
    return Finding("clock", fine=True, detail=detail)


def _lookback(service: Service, mappings: Mappings) -> Finding:
    """T2: what the first backfill takes is said out loud."""
    days = mappings.pace(service).lookback_days
    taken = "everything the source has" if days is None else f"the last {days} days only"
    return Finding("history", fine=True, detail=f"the first backfill takes {taken}")

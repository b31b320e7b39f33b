"""How far each tenant's tables are: fresh to, proven to, and what stands in the way."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from avesa.core.coverage import Coverage
from avesa.core.ledger import Entry, State
from avesa.core.mapping import Mappings
from avesa.core.names import TABLES, delta_table
from avesa.core.tenants import Service
from avesa.ledger import Ledger
from avesa.ports import Edges, TableAddress
from avesa.services import Services

Count = Callable[[TableAddress], Awaitable[int | None]]
"""How many rows a published table holds; None if it was never published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStatus:
    """One tenant's one table, over all its sources."""

    tenant: str
    table: str
    sources: tuple[str, ...]
    state: str
    rows: int | None
    history: int | None
    quarantine: int | None
    fresh_to: datetime | None
    """Everything that changed before this is published."""
    proven_from: datetime | None
    proven_to: datetime | None
    """Everything that changed between these is in the lake, counted against the source."""
    waiting: int
    """Windows that are planned, being pulled, or landed and not merged."""
    stopped: int
    """Windows that failed or could not be proven."""
    hidden: int
    """Rows that the source counts and does not show to the credential."""
    error: str


@dataclass(frozen=True, slots=True)
class Feed:
    """One entity that feeds a table, as the ledger knows it."""

    coverage: Coverage | None
    open: Sequence[Entry]

    @property
    def proven_to(self) -> datetime | None:
        """Its watermark."""
        return None if self.coverage is None else self.coverage.watermark

    @property
    def fresh_to(self) -> datetime | None:
        """Its watermark, held back by what has landed and is not merged."""
        if self.proven_to is None:
            return None
        return min([self.proven_to, *(e.window.start for e in self.open if e.state is State.LANDED)])

    @property
    def stopped(self) -> list[Entry]:
        """Its windows that failed or could not be proven."""
        return [entry for entry in self.open if entry.state in {State.FAILED, State.PARTIAL}]


async def statuses(tenant: str | None, *, edges: Edges, mappings: Mappings, count: Count) -> list[TableStatus]:
    """Every table of every tenant, or of one."""
    services = Services(edges.store)
    owned: dict[str, list[Service]] = {}
    for service in await (services.all() if tenant is None else services.of(tenant)):
        owned.setdefault(service.tenant, []).append(service)
    return [
        await _status(name, table, owned[name], edges=edges, mappings=mappings, count=count)
        for name in sorted(owned)
        for table in TABLES
    ]


async def _status(
    tenant: str, table: str, services: Sequence[Service], *, edges: Edges, mappings: Mappings, count: Count
) -> TableStatus:
    feeds = await _feeds(tenant, table, services, edges=edges, mappings=mappings)
    stopped = [entry for feed in feeds for entry in feed.stopped]
    name = delta_table(tenant, table)
    return TableStatus(
        tenant=tenant,
        table=table,
        sources=tuple(service.source for service in services),
        state=_state(services, feeds),
        rows=await count(edges.lake.table(name)),
        history=await count(edges.lake.table(f"{name}_history")) if mappings.contract(table).history else None,
        quarantine=await count(edges.lake.table(f"{name}_quarantine")) or 0,
        fresh_to=_least([feed.fresh_to for feed in feeds]),
        proven_from=_most([feed.coverage.complete_from if feed.coverage else None for feed in feeds]),
        proven_to=_least([feed.proven_to for feed in feeds]),
        waiting=sum(len(feed.open) for feed in feeds) - len(stopped),
        stopped=len(stopped),
        hidden=sum(feed.coverage.hidden for feed in feeds if feed.coverage),
        error=_error(services, stopped),
    )


async def _feeds(
    tenant: str, table: str, services: Sequence[Service], *, edges: Edges, mappings: Mappings
) -> list[Feed]:
    ledger, on = Ledger(edges.store, edges.clock), {service.source for service in services}
    return [
        Feed(
            await ledger.coverage(tenant, entity.source, entity.name),
            await ledger.open(tenant, entity.source, entity.name),
        )
        for entity in mappings.feeding(table)
        if entity.source in on
    ]


def _state(services: Sequence[Service], feeds: Sequence[Feed]) -> str:
    if any(service.parked for service in services):
        return "parked"
    if any(service.paused for service in services):
        return "paused"
    if any(feed.stopped for feed in feeds):
        return "behind"
    return "complete" if all(feed.coverage and feed.coverage.complete for feed in feeds) else "filling"


def _error(services: Sequence[Service], stopped: Sequence[Entry]) -> str:
    parked = [service.parked for service in services if service.parked]
    return next(iter([*parked, *(entry.reason for entry in reversed(stopped))]), "")


def _least(moments: Sequence[datetime | None]) -> datetime | None:
    known = [moment for moment in moments if moment is not None]
    return min(known) if known and len(known) == len(moments) else None


def _most(moments: Sequence[datetime | None]) -> datetime | None:
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None

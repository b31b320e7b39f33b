"""Planning: a tick becomes one message per tenant, a plan becomes windows and their messages.

Order: windows stand in the ledger before their messages are sent, so a crash in between loses
nothing: the next plan sends again what was not sent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from avesa.core.coverage import Coverage
from avesa.core.entity import Entity
from avesa.core.ledger import Entry, Kind
from avesa.core.mapping import Mappings, Pace
from avesa.core.messages import Backfill, Ingest, Message, Plan, Tick, Transform
from avesa.core.names import ingest_queue
from avesa.core.refresh import due
from avesa.core.tenants import Service
from avesa.core.windows import Window, chunks, gaps, moment, text, whole
from avesa.errors import Reject
from avesa.events import Listener, WindowsPlanned
from avesa.ledger import Ledger
from avesa.ports import Edges, Queue
from avesa.services import Services, parking

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
RESEND_AFTER = timedelta(hours=2)
"""A planned window whose message is older than this is taken for lost and queued again."""
AHEAD = timedelta(days=1)
"""A watermark further ahead of the source's clock than this is not believed."""


class SourceClock(Protocol):
    """What planning asks of a signed-in client."""

    async def now(self) -> datetime:
        """The source's time."""

    async def oldest(self, entity: Entity) -> datetime | None:
        """When the oldest row changed last; None if there is none."""


class Clients(Protocol):
    """Where planning gets a client from."""

    async def open(self, service: Service) -> SourceClock:
        """Sign in, or use the session that is there."""


async def tick_source(message: Tick, source: str, *, edges: Edges) -> None:
    """Queue one plan per active tenant of a source."""
    services = await Services(edges.store).all(source)
    plans = [Plan(tenant=s.tenant, source=source, trace=message.trace) for s in services if s.active]
    await _send(edges.queue(ingest_queue(source)), plans)


async def tick_table(message: Tick, table: str, queue: Queue, *, edges: Edges, mappings: Mappings) -> None:
    """Queue one transform per tenant whose sources feed a table; what has landed is merged even while paused."""
    feeding = {entity.source for entity in mappings.feeding(table)}
    tenants = {service.tenant for service in await Services(edges.store).all() if service.source in feeding}
    await _send(queue, [Transform(tenant=tenant, table=table, trace=message.trace) for tenant in sorted(tenants)])


async def plan(message: Plan, *, edges: Edges, mappings: Mappings, clients: Clients, listen: Listener) -> None:
    """Plan and queue what is due for a tenant's source."""
    service = await Services(edges.store).get(message.tenant, message.source)
    if service is None:
        raise Reject(f"Tenant {message.tenant} has no {message.source}; add it with `avesa tenant add`.")
    if not service.active:
        return
    planner = _Planner(edges, service, mappings.pace(service), listen)
    async with parking(edges.store, service, listen):
        client = await clients.open(service)
        now = whole(await client.now())
        for entity in mappings.source(message.source).entities.values():
            await planner.entity(entity, now, client)
            await planner.send_due(entity, message.trace)


async def backfill(message: Backfill, *, edges: Edges, mappings: Mappings, listen: Listener) -> None:
    """Plan a range of a tenant's source again and queue its windows."""
    service = await Services(edges.store).get(message.tenant, message.source)
    if service is None:
        raise Reject(f"Tenant {message.tenant} has no {message.source}; add it with `avesa tenant add`.")
    entities = mappings.source(message.source).entities
    if message.entity and message.entity not in entities:
        raise Reject(f"{message.source} has no entity {message.entity}; there are {', '.join(entities)}.")
    planner = _Planner(edges, service, mappings.pace(service), listen)
    for entity in entities.values():
        if message.entity in {"", entity.name}:
            await planner.again(entity, message.start, message.end)
            await planner.send_due(entity, message.trace)


@dataclass(frozen=True, slots=True)
class _Planner:
    edges: Edges
    service: Service
    pace: Pace
    listen: Listener

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.edges.store, self.edges.clock)

    async def entity(self, entity: Entity, now: datetime, client: SourceClock) -> None:
        """Plan the hourly window and whatever of the past is neither proven nor planned."""
        upto = now - timedelta(seconds=self.pace.lag_seconds)
        coverage = await self.ledger.coverage(self.service.tenant, self.service.source, entity.name)
        if coverage is None:
            coverage = await self._begin(entity, upto)
        if coverage.planned_to > now + AHEAD:
            raise Reject(
                f"{self.service.tenant}/{self.service.source} {entity.name} is planned to {text(coverage.planned_to)}, "
                f"far ahead of the source's clock ({text(now)}): remove and add the tenant's source to begin anew."
            )
        await self._fill(entity, coverage, client)
        await self._hourly(entity, coverage, upto)
        await self._refresh(entity, coverage, upto, client)

    async def again(self, entity: Entity, start: str, end: str) -> None:
        """Plan windows over a range, whether they were pulled before or not."""
        coverage = await self.ledger.coverage(self.service.tenant, self.service.source, entity.name)
        if coverage is None:
            return  # never planned: its first plan takes everything
        first = moment(start) if start else coverage.origin
        last = min(moment(end), coverage.planned_to) if end else coverage.planned_to
        if first >= last:
            return
        await self.ledger.reach_back(self.service.tenant, self.service.source, entity.name, first)
        await self._ensure(entity, Kind.AGAIN, chunks(Window(first, last), timedelta(days=self.pace.window_days)))

    async def send_due(self, entity: Entity, trace: str) -> None:
        """Queue the windows that nobody works on: new ones, failed ones whose time has come, lost ones."""
        now = self.edges.clock()
        entries = await self.ledger.open(self.service.tenant, self.service.source, entity.name)
        due = sorted((e for e in entries if e.due(now, RESEND_AFTER)), key=_urgency)
        await _send(self.edges.queue(ingest_queue(self.service.source)), [_ingest(entry, trace) for entry in due])
        await self.ledger.queued(due)

    async def _begin(self, entity: Entity, upto: datetime) -> Coverage:
        """Write the first coverage: no lookback means everything there is (T2)."""
        origin = BEGINNING
        if self.pace.lookback_days is not None:
            origin = max(BEGINNING, upto - timedelta(days=self.pace.lookback_days))
        first = Coverage(origin=origin, anchor=upto, planned_to=upto)
        return await self.ledger.begin(self.service.tenant, self.service.source, entity.name, first)

    async def _fill(self, entity: Entity, coverage: Coverage, client: SourceClock) -> None:
        """Plan what is neither proven nor planned, newest first."""
        standing = await self.ledger.open(self.service.tenant, self.service.source, entity.name)
        covered = (*coverage.proven, *(entry.window for entry in standing))
        for gap in reversed(gaps(Window(coverage.origin, coverage.planned_to), covered)):
            await self._ensure(entity, Kind.BACKFILL, await self._cut(entity, gap, client))

    async def _cut(self, entity: Entity, gap: Window, client: SourceClock) -> Iterable[Window]:
        """Cut a gap into windows; the ages before the oldest row are one window that proves them empty."""
        size = timedelta(days=self.pace.window_days)
        if gap.start > BEGINNING:
            return chunks(gap, size)
        oldest = await client.oldest(entity)
        start = gap.end if oldest is None else max(gap.start, min(whole(oldest), gap.end))
        held = chunks(Window(start, gap.end), size) if start < gap.end else ()
        return [*held, Window(gap.start, start)] if start > gap.start else held

    async def _hourly(self, entity: Entity, coverage: Coverage, upto: datetime) -> None:
        if upto <= coverage.planned_to:
            return
        start = coverage.planned_to - timedelta(seconds=self.pace.overlap_seconds)
        if await self.ledger.extend(self._entry(entity, Window(start, upto), Kind.HOURLY)):
            self._planned(entity, Kind.HOURLY, 1)

    async def _refresh(self, entity: Entity, coverage: Coverage, upto: datetime, client: SourceClock) -> None:
        """Pull a slice of the past again where values change without a new stamp (T21)."""
        days = entity.options.get("refresh_days")
        if not days or upto <= coverage.planned_to:
            return
        first = max(coverage.origin, await client.oldest(entity) or upto)
        await self._ensure(entity, Kind.AGAIN, due(first, coverage.planned_to, upto, timedelta(days=days)))

    async def _ensure(self, entity: Entity, kind: Kind, windows: Iterable[Window]) -> None:
        entries = [self._entry(entity, window, kind) for window in windows]
        if entries:
            await self.ledger.ensure(entries)
            self._planned(entity, kind, len(entries))

    def _entry(self, entity: Entity, window: Window, kind: Kind) -> Entry:
        return Entry(
            tenant=self.service.tenant, source=self.service.source, entity=entity.name, window=window, kind=kind
        )

    def _planned(self, entity: Entity, kind: Kind, windows: int) -> None:
        self.listen(
            WindowsPlanned(
                tenant=self.service.tenant, source=self.service.source, entity=entity.name, windows=windows, kind=kind
            )
        )


def _urgency(entry: Entry) -> tuple[bool, float]:
    """The hourly window first, then newest first."""
    return entry.kind is not Kind.HOURLY, -entry.window.end.timestamp()


def _ingest(entry: Entry, trace: str) -> Ingest:
    return Ingest(
        tenant=entry.tenant, source=entry.source, entity=entry.entity, trace=trace,
        start=text(entry.window.start), end=text(entry.window.end),
    )  # fmt: skip


async def _send(queue: Queue, messages: Sequence[Message]) -> None:
    await queue.send([(message.group, message.encode()) for message in messages])

"""Pulling one window: count, walk, land, prove; then data, state, message, in that order."""

import asyncio
import time
from dataclasses import dataclass

from avesa.client import Client, Clients
from avesa.core.entity import Entity
from avesa.core.ledger import Entry, Kind, State
from avesa.core.mapping import Mappings
from avesa.core.messages import Ingest
from avesa.core.names import ingest_queue
from avesa.core.windows import text
from avesa.errors import AvesaError, LeaseLost, Reject, RetryLater, Split, Unproven
from avesa.events import Listener, WindowCounted, WindowLanded, WindowSplit, WindowStopped
from avesa.heartbeat import beating
from avesa.landing import Landing
from avesa.leases import PROCESS
from avesa.ledger import Ledger, again
from avesa.log import logger
from avesa.ports import Edges
from avesa.services import Services, parking
from avesa.settings import Settings

PULLS = 3
"""How often a window is pulled when its rows do not come to the count, before it is halved or called partial."""
DENSEST = 200_000
"""Rows in one window, above which it is halved before it is pulled; `densest` of an entity's options."""
MOVING = 0.01
"""The part of a window's rows that may plausibly move while it is pulled; more is no movement but a wrong answer."""
FINEST = 3600.0
"""Seconds: a window that is shorter is not halved for rows that move."""


async def ingest(
    message: Ingest, *, edges: Edges, mappings: Mappings, settings: Settings, clients: Clients, listen: Listener
) -> None:
    """Pull the window that a message names."""
    service = await Services(edges.store).get(message.tenant, message.source)
    if service is None:
        raise Reject(f"Tenant {message.tenant} has no {message.source}; add it with `avesa tenant add`.")
    if not service.active:
        return  # the ledger keeps its windows; the first plan after a resume queues them again
    entity = mappings.entity(message.source, message.entity)
    ledger = Ledger(edges.store, edges.clock)
    wanted = again(message.tenant, message.source, message.entity, message.window)
    if message.again:
        await ledger.ensure([wanted])
    claim = await ledger.claim(wanted, PROCESS, settings.visibility)
    if claim is None:
        return
    pull = _Pull(claim, entity, ledger, edges, settings, listen, message.trace)
    async with parking(edges.store, service, listen):
        await pull.run(await clients.open(service))


@dataclass(frozen=True)
class _Pull:
    claim: Entry
    entity: Entity
    ledger: Ledger
    edges: Edges
    settings: Settings
    listen: Listener
    trace: str

    async def run(self, client: Client) -> None:
        """Pull under a claim and bring the window to a state, whatever happens."""
        try:
            async with beating(self._renew, self.settings.visibility / 3):
                await self._pull(client)
        except asyncio.CancelledError:
            await asyncio.shield(self.ledger.give_back(self.claim))
            raise
        except RetryLater:
            await self.ledger.give_back(self.claim)
            raise
        except Split as error:
            await self._split(str(error))
        except Unproven as error:
            await self._stop(State.PARTIAL, str(error))
        except LeaseLost:
            raise
        except AvesaError as error:
            await self._stop(State.FAILED, str(error))
            raise

    async def _pull(self, client: Client) -> None:
        """Pull until the distinct rows landed are as many as the source counted."""
        began = time.monotonic()
        hourly = self.claim.kind is Kind.HOURLY
        landed = counted = 0
        for _ in range(PULLS):
            counted = await client.count(self.entity, self.claim.window, hourly=hourly)
            self._dense(counted)
            self._tell_counted(counted)
            with Landing(
                self.claim, self.entity, client.dialect.stamp, self.edges, self.settings, self.listen
            ) as landing:
                proof = await client.walk(self.entity, self.claim.window, counted, landing.page, hourly=hourly)
                await landing.finish()
            for note in proof.notes:
                logger().info("source", action="pull", note=note)
            landed = landing.landed
            if landed + proof.hidden == counted:
                await self._land(counted, landed, proof.hidden, landing.count, time.monotonic() - began)
                return
        self._mismatch(counted, landed)

    async def _land(self, counted: int, landed: int, hidden: int, parts: int, seconds: float) -> None:
        await self.ledger.land(self.claim, counted=counted, landed=landed, hidden=hidden, parts=parts)
        entry = self.claim
        self.listen(
            WindowLanded(
                tenant=entry.tenant, source=entry.source, entity=entry.entity, window=entry.window, kind=entry.kind,
                counted=counted, landed=landed, hidden=hidden, parts=parts, seconds=seconds,
            )
        )  # fmt: skip

    def _dense(self, counted: int) -> None:
        """A window of too many rows is halved before it costs time and memory (T9, T10)."""
        densest = int(self.entity.options.get("densest", DENSEST))
        if counted > densest and self.claim.window.halves() is not None:
            raise Split(f"the window holds {counted:,} rows, more than {densest:,}")

    def _mismatch(self, counted: int, landed: int) -> None:
        """Rows did not come to the count: smaller windows if they only moved, else the source is not believed."""
        said = f"{self.entity.source} counted {counted:,} rows and sent {landed:,} distinct ones, {PULLS} times"
        moved = abs(counted - landed) <= max(5, counted * MOVING)
        if moved and self.claim.window.length.total_seconds() > FINEST:
            raise Split(said)
        raise Unproven(f"{said}; the watermark stays.")

    async def _split(self, reason: str) -> None:
        entry = self.claim
        if not await self.ledger.split(entry):
            await self._stop(State.FAILED, f"{reason}; the window is a second long and cannot be halved.")
            raise Reject(f"{entry.tenant}/{entry.source} {entry.entity} {entry.window}: {reason}")
        self.listen(
            WindowSplit(
                tenant=entry.tenant, source=entry.source, entity=entry.entity, window=entry.window, reason=reason
            )
        )
        halves = entry.split() or ()
        messages = [
            Ingest(
                tenant=half.tenant, source=half.source, entity=half.entity, trace=self.trace,
                start=text(half.window.start), end=text(half.window.end),
            )
            for half in halves
        ]  # fmt: skip
        await self.edges.queue(ingest_queue(entry.source)).send([(m.group, m.encode()) for m in messages])
        await self.ledger.queued(halves)

    async def _stop(self, state: State, reason: str) -> None:
        entry = self.claim
        await self.ledger.stop(entry, state, reason)
        self.listen(
            WindowStopped(
                tenant=entry.tenant, source=entry.source, entity=entry.entity, window=entry.window, state=state,
                reason=reason,
            )
        )  # fmt: skip

    async def _renew(self) -> None:
        await self.ledger.renew(self.claim, self.settings.visibility)

    def _tell_counted(self, rows: int) -> None:
        entry = self.claim
        self.listen(
            WindowCounted(tenant=entry.tenant, source=entry.source, entity=entry.entity, window=entry.window, rows=rows)
        )

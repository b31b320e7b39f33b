"""One installation with its edges, wired to the verbs."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from avesa import ingest, plan, reprocess, transform
from avesa.client import Clients
from avesa.core.mapping import Mappings
from avesa.core.messages import Backfill, Ingest, Message, Plan, Reprocess, Tick, Transform
from avesa.core.names import transform_queue
from avesa.edges import mapping_files
from avesa.errors import BadMessage
from avesa.events import Event, Listener
from avesa.ports import Edges
from avesa.settings import Settings, settings

T = TypeVar("T")
Handle = Callable[[Message], Awaitable[None]]


def now() -> datetime:
    """The installation's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything a command needs."""

    settings: Settings
    edges: Edges
    mappings: Mappings
    clients: Clients
    listen: Listener

    def ingestion(self, source: str) -> Handle:
        """What an ingestion worker of a source does with a message."""

        async def handle(message: Message) -> None:
            match message:
                case Tick():
                    await plan.tick_source(message, source, edges=self.edges)
                case Plan():
                    await plan.plan(message, **self._given(), clients=self.clients)
                case Backfill():
                    await plan.backfill(message, **self._given())
                case Ingest():
                    await ingest.ingest(message, **self._given(), settings=self.settings, clients=self.clients)
                case _:
                    raise BadMessage(f"An ingestion worker has no use for a {type(message).__name__.lower()} message.")

        return handle

    def transformation(self, table: str) -> Handle:
        """What a transform worker of a table does with a message."""

        async def handle(message: Message) -> None:
            match message:
                case Tick():
                    queue = self.edges.queue(transform_queue(table))
                    await plan.tick_table(message, table, queue, edges=self.edges, mappings=self.mappings)
                case Transform():
                    await transform.transform(message, **self._given(), settings=self.settings)
                case Reprocess():
                    await reprocess.reprocess(message, **self._given(), settings=self.settings)
                case _:
                    raise BadMessage(f"A transform worker has no use for a {type(message).__name__.lower()} message.")

        return handle

    def _given(self) -> dict[str, Any]:
        return {"edges": self.edges, "mappings": self.mappings, "listen": self.listen}


@asynccontextmanager
async def installation(*listeners: Listener) -> AsyncIterator[Installation]:
    """Open the installation that the settings name."""
    chosen = settings()

    def listen(event: Event) -> None:
        for listener in listeners:
            listener(event)

    mappings = mapping_files.read(chosen.mappings)
    async with _edges(chosen) as edges, Clients(edges, mappings, chosen, listen) as clients:
        yield Installation(chosen, edges, mappings, clients, listen)


@asynccontextmanager
async def _edges(chosen: Settings) -> AsyncIterator[Edges]:
    if chosen.environment == "embedded":
        from avesa.edges import embedded

        yield embedded.open_home(chosen, now)
    else:
        from avesa.edges import aws

        async with aws.open_account(chosen, now) as edges:
            yield edges


def run(main: Coroutine[Any, Any, T], *, told: bool = False) -> T:
    """Run a command's coroutine; logs go where the settings say, less what the command has `told` itself."""
    import asyncio

    from avesa import log

    log.configure(settings(), told=told)
    logging.captureWarnings(capture=True)
    return asyncio.run(main)

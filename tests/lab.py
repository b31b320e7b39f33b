"""An embedded installation and a simulated MSP, as a test needs them."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import stamina

from avesa.cli import passes
from avesa.cli.progress import Tally
from avesa.cli.wiring import Installation, now
from avesa.client import Clients
from avesa.core.mapping import Mappings
from avesa.core.messages import Backfill, Message, Reprocess
from avesa.core.names import ingest_queue, transform_queue
from avesa.core.tenants import Service
from avesa.edges import published
from avesa.edges.embedded import open_home
from avesa.edges.mapping_files import read
from avesa.services import Services
from avesa.settings import Settings
from avesa.sources.registry import dialect

MAPPINGS = read()


@dataclass(frozen=True)
class World:
    """A running simulator."""

    credentials: dict[str, Any]

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(self.credentials["connectwise"]["url"])

    def post(self, path: str, **body: Any) -> Any:
        """Tell its world something."""
        return httpx.post(f"{self.url}/_world/{path}", json=body, timeout=120).raise_for_status().json()

    def get(self, path: str) -> Any:
        """Ask its world for the truth."""
        return httpx.get(f"{self.url}/_world/{path}", timeout=120).raise_for_status().json()

    def advance(self, hours: float) -> None:
        """Let time pass in it."""
        self.post("advance", hours=hours)

    def fault(self, name: str, *, on: bool = True, **more: Any) -> None:
        """Switch a fault."""
        self.post("fault", name=name, on=on, **more)

    def credential(self, source: str) -> dict[str, str]:
        """What `tenant add` is given."""
        wanted = {field.name for field in dialect(source).fields}
        return {name: str(value) for name, value in self.credentials[source].items() if name in wanted}


@contextmanager
def simulate(*options: str) -> Iterator[World]:
    """Run a simulator for the length of the block."""
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603  our own program
    try:
        assert process.stdout is not None
        yield World(json.loads(process.stdout.readline()))
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout is not None:
            process.stdout.close()


@dataclass
class Shifted:
    """The clock of this machine, put forward when a test does not want to wait."""

    by: timedelta = timedelta()

    def __call__(self) -> datetime:
        """The time it shows."""
        return now() + self.by


@dataclass
class Lab:
    """An installation with its edges open."""

    here: Installation
    tally: Tally
    clock: Shifted

    def wait(self, hours: float) -> None:
        """Let time pass for the installation."""
        self.clock.by += timedelta(hours=hours)

    async def add(self, tenant: str, source: str, credential: dict[str, str], **settings: Any) -> None:
        """Add a tenant's source."""
        pace = {"requests_per_minute": 600_000, **settings}
        await self.here.edges.secrets.put(tenant, source, credential)
        await Services(self.here.edges.store).put(Service(tenant=tenant, source=source, settings=pace))

    async def run(self, tenant: str | None = None) -> Tally:
        """One pass; returns what happened in it alone."""
        self.tally.__dict__.update(Tally().__dict__)
        await passes.whole(self.here, tenant)
        return self.tally

    async def send(self, message: Message) -> None:
        """Queue a message where it belongs and work the queue off."""
        source = getattr(message, "source", None)
        queue = ingest_queue(source) if source else transform_queue(message.table)
        await passes.send(self.here, queue, message)
        await passes.work_off(self.here, queue)

    async def reprocess(self, tenant: str, table: str) -> None:
        """Rebuild a table."""
        await self.send(Reprocess(tenant=tenant, table=table))

    async def backfill(self, tenant: str, source: str) -> None:
        """Pull everything again."""
        await self.send(Backfill(tenant=tenant, source=source))

    async def sql(self, statement: str, *tenants: str) -> list[dict[str, Any]]:
        """Query the published tables."""
        chosen = tenants or tuple({s.tenant for s in await Services(self.here.edges.store).all()})
        return await published.query(statement, self.here.edges.lake, chosen, self.here.mappings, self.here.settings)


@asynccontextmanager
async def lab(home: Path, mappings: Mappings = MAPPINGS, **settings: Any) -> AsyncIterator[Lab]:
    """Open an installation in a folder."""
    stamina.set_testing(True, attempts=6)  # retries without their pauses
    chosen = Settings(**{"home": home, "loopback": True, "visibility": 5, **settings})
    clock, tally = Shifted(), Tally()
    edges = open_home(chosen, clock)
    async with Clients(edges, mappings, chosen, tally) as clients:
        yield Lab(Installation(chosen, edges, mappings, clients, tally), tally, clock)


def instant(written: str | None) -> datetime | None:
    """A truth's time as a table holds it."""
    return None if written is None else datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)

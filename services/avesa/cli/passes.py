"""One pass over an embedded installation: plan, pull until nothing is due, publish."""

import asyncio
from collections.abc import Sequence

from avesa import worker
from avesa.cli.wiring import Handle, Installation
from avesa.core.messages import Message, Plan, Transform
from avesa.core.names import SOURCES, TABLES, ingest_queue, transform_queue
from avesa.core.tenants import Service
from avesa.services import Services


async def whole(here: Installation, tenant: str | None = None) -> None:
    """Do everything that is due, for all tenants or one."""
    services = Services(here.edges.store)
    found = await (services.all() if tenant is None else services.of(tenant))
    await pull(here, found)
    await publish(here, sorted({service.tenant for service in found}))


async def pull(here: Installation, services: Sequence[Service]) -> None:
    """Plan the services and work until no window is due."""
    for service in services:
        if service.active:
            message = Plan(tenant=service.tenant, source=service.source)
            await send(here, ingest_queue(service.source), message)
    async with asyncio.TaskGroup() as group:
        for source in sorted({service.source for service in services}):
            group.create_task(_work(here, ingest_queue(source), here.ingestion(source)), name=f"ingest {source}")


async def publish(here: Installation, tenants: Sequence[str], tables: Sequence[str] = TABLES) -> None:
    """Merge what has landed, table by table: each may use all the memory there is."""
    for table in tables:
        for tenant in tenants:
            await send(here, transform_queue(table), Transform(tenant=tenant, table=table))
        await _work(here, transform_queue(table), here.transformation(table))


async def send(here: Installation, queue: str, message: Message) -> None:
    """Put one message on a queue."""
    await here.edges.queue(queue).send([(message.group, message.encode())])


async def work_off(here: Installation, queue: str) -> None:
    """Work on one queue until it is empty."""
    handles = {ingest_queue(source): here.ingestion(source) for source in SOURCES}
    handles |= {transform_queue(table): here.transformation(table) for table in TABLES}
    await _work(here, queue, handles[queue])


async def _work(here: Installation, queue: str, handle: Handle) -> None:
    await worker.run(here.edges.queue(queue), handle, settings=here.settings, listen=here.listen, until_idle=True)

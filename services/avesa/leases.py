"""One worker at a time on one thing: a lease with an expiry, in the store.

A lease saves work, it does not guard data: a holder that slept past its expiry is stopped by
the version checks of the ledger and of the Delta log.
"""

import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from avesa.core.tenants import tenant_id
from avesa.core.windows import text
from avesa.errors import Busy, Conflict, LeaseLost
from avesa.heartbeat import beating
from avesa.ports import Clock, Delete, Item, Key, Put, Store

PROCESS = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
"""Who this process is in claims and leases."""


@asynccontextmanager
async def lease(
    store: Store, clock: Clock, tenant: str, name: str, *, lasting: float, owner: str = PROCESS
) -> AsyncIterator[None]:
    """Hold `name` of a tenant for the length of the block, renewed meanwhile.

    Busy if another owner holds it; LeaseLost ends the block if it was taken over.
    """
    key = Key("Leases", f"{tenant_id(tenant)}#lease", name)
    await _take(store, clock, key, owner, lasting)

    async def renew() -> None:
        await _renew(store, clock, key, owner, lasting)

    try:
        async with beating(renew, lasting / 3):
            yield
    finally:
        await _release(store, key, owner)


async def _take(store: Store, clock: Clock, key: Key, owner: str, lasting: float) -> None:
    item, now = await store.get(key), clock()
    if item is not None and item.body["owner"] != owner:
        left = (datetime.fromisoformat(item.body["until"]) - now).total_seconds()
        if left > 0:
            raise Busy(f"{key.partition.partition('#')[0]} {key.sort} is with another worker.", left)
    try:
        await store.commit([_held(key, item, owner, now + timedelta(seconds=lasting))])
    except Conflict:
        raise Busy(f"{key.partition.partition('#')[0]} {key.sort} was just taken by another worker.", 5) from None


async def _renew(store: Store, clock: Clock, key: Key, owner: str, lasting: float) -> None:
    item = await store.get(key)
    if item is None or item.body["owner"] != owner:
        raise LeaseLost(f"{key.partition.partition('#')[0]} {key.sort} is with another worker now.")
    await store.commit([_held(key, item, owner, clock() + timedelta(seconds=lasting))])


async def _release(store: Store, key: Key, owner: str) -> None:
    item = await store.get(key)
    if item is None or item.body["owner"] != owner:
        return
    try:
        await store.commit([Delete(key, item.version)])
    except Conflict:
        return  # its expiry passed and another worker took it


def _held(key: Key, item: Item | None, owner: str, until: datetime) -> Put:
    version = 0 if item is None else item.version
    return Put(key, {"owner": owner, "until": text(until)}, version, expires=until + timedelta(days=1))

"""Which tenant uses which source: the items of `TenantServices`."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import msgspec

from avesa.core.tenants import Service, tenant_id
from avesa.errors import Conflict, Park, UsageError
from avesa.events import Listener, ServiceParked
from avesa.ports import Delete, Key, Put, Store

_TABLE, _PARTITION = "TenantServices", "tenants"
_TRIES = 5


class Services:
    """The tenants' services, over the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self, source: str | None = None) -> list[Service]:
        """Every service, or those of one source."""
        items = await self._store.query(_TABLE, _PARTITION)
        services = [msgspec.convert(item.body, Service) for item in items]
        return [service for service in services if source in {None, service.source}]

    async def of(self, tenant: str) -> list[Service]:
        """One tenant's services; UsageError if there are none."""
        items = await self._store.query(_TABLE, _PARTITION, f"{tenant_id(tenant)}#")
        if not items:
            raise UsageError(f"There is no tenant {tenant}. `avesa tenant list` shows those there are.")
        return [msgspec.convert(item.body, Service) for item in items]

    async def get(self, tenant: str, source: str) -> Service | None:
        """One service, None if it is not there."""
        item = await self._store.get(_key(tenant, source))
        return None if item is None else msgspec.convert(item.body, Service)

    async def put(self, service: Service) -> None:
        """Add a service or write over it."""
        for _ in range(_TRIES):
            item = await self._store.get(_key(service.tenant, service.source))
            try:
                version = 0 if item is None else item.version
                await self._store.commit(
                    [Put(_key(service.tenant, service.source), msgspec.to_builtins(service), version)]
                )
            except Conflict:
                continue
            return
        raise Conflict(f"{service.tenant}/{service.source} is being changed by others; try again.")

    async def remove(self, tenant: str, source: str) -> None:
        """Forget a service; its lake and ledger stay."""
        item = await self._store.get(_key(tenant, source))
        if item is not None:
            await self._store.commit([Delete(item.key, item.version)])

    async def park(self, tenant: str, source: str, reason: str) -> None:
        """Stop planning a service until somebody mends it."""
        await self._change(tenant, source, lambda service: replace(service, parked=reason))

    async def pause(self, tenant: str, source: str) -> None:
        """Stop planning a service because an operator says so."""
        await self._change(tenant, source, lambda service: replace(service, paused=True))

    async def resume(self, tenant: str, source: str) -> None:
        """Plan a service again, whyever it stood still."""
        await self._change(tenant, source, lambda service: replace(service, paused=False, parked=None))

    async def _change(self, tenant: str, source: str, change: Callable[[Service], Service]) -> None:
        service = await self.get(tenant, source)
        if service is None:
            raise UsageError(f"Tenant {tenant} has no {source}. `avesa tenant show {tenant}` shows what it has.")
        await self.put(change(service))


@asynccontextmanager
async def parking(store: Store, service: Service, listen: Listener) -> AsyncIterator[None]:
    """Park a service when the block finds that credential or rights are missing; a refused key is not tried hourly."""
    try:
        yield
    except Park as error:
        await Services(store).park(service.tenant, service.source, str(error))
        listen(ServiceParked(tenant=service.tenant, source=service.source, reason=str(error)))
        raise


def _key(tenant: str, source: str) -> Key:
    return Key(_TABLE, _PARTITION, f"{tenant_id(tenant)}#{source}")

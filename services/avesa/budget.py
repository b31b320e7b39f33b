"""How many requests a credential may still make, shared by all workers through the store (P6)."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import msgspec

from avesa.core.limits import DAY_STALE, RESERVE, Bucket, slice_size
from avesa.core.tenants import tenant_id
from avesa.errors import BudgetSpent, Conflict
from avesa.ports import Clock, Key, Put, Store
from avesa.sources.dialect import Limits

PATIENCE = 20.0
"""Seconds a worker waits in place for a token; longer waits free its slot."""

KEPT_FOR_TENANT = {True: 0.1, False: 0.4}
"""The part of the vendor's daily allowance that hourly pulls (True) and backfills (False) leave untouched (T22)."""

_TRIES = 50


class Budget:
    """One credential's budget as one process sees it: a slice of tokens at a time."""

    def __init__(self, store: Store, clock: Clock, *, tenant: str, source: str, per_minute: float) -> None:
        self._store = store
        self._clock = clock
        self._key = Key("Leases", f"{tenant_id(tenant)}#budget", source)
        self._name = f"{tenant}/{source}"
        self._per_minute = per_minute
        self._held = 0
        self._seen, self._seen_at = Limits(), clock()
        self._turn = asyncio.Lock()

    async def take(self, *, hourly: bool) -> None:
        """Take one request, waiting a little; BudgetSpent if there is none within PATIENCE seconds."""
        waited = 0.0
        async with self._turn:
            while self._held < 1:
                wait = await self._fetch(hourly=hourly)
                if waited + wait > PATIENCE:
                    raise BudgetSpent(f"{self._name} has no request left in its budget for {wait:.0f} s.", wait)
                waited += wait
                await asyncio.sleep(wait)
            self._held -= 1

    async def block(self, seconds: float) -> None:
        """Stop everyone on this credential for so long: the source said so."""
        self._held = 0
        await self._change(lambda bucket: (bucket.block(seconds, self._clock()), 0, 0.0))

    def observe(self, limits: Limits) -> None:
        """Remember what the source said of its daily allowance; it is written with the next slice."""
        if limits.day_left is not None:
            self._seen, self._seen_at = limits, self._clock()

    @property
    def day_left(self) -> int | None:
        """Requests left in the vendor's daily allowance, where it told."""
        return self._seen.day_left

    async def _fetch(self, *, hourly: bool) -> float:
        reserve = 0.0 if hourly else RESERVE
        granted, wait, bucket = await self._change(
            lambda bucket: bucket.take(slice_size(self._per_minute), self._clock(), reserve=reserve)
        )
        if bucket.spent_for_the_day(KEPT_FOR_TENANT[hourly], self._clock()):
            raise BudgetSpent(
                f"{self._name} has used its part of the vendor's daily allowance; "
                f"{bucket.day_left} requests are left to the tenant's own use.",
                DAY_STALE.total_seconds(),
            )
        self._held += granted
        return wait

    async def _change(self, change: Callable[[Bucket], tuple[Bucket, int, float]]) -> tuple[int, float, Bucket]:
        for _ in range(_TRIES):
            item = await self._store.get(self._key)
            now = self._clock()
            found = Bucket.full(self._per_minute, now) if item is None else msgspec.convert(item.body, Bucket)
            bucket, granted, wait = change(replace(found, per_minute=self._per_minute))
            if self._seen.day_left is not None and (bucket.day_at is None or bucket.day_at < self._seen_at):
                seen = self._seen
                bucket = replace(bucket, day_left=seen.day_left, day_max=seen.day_max, day_at=self._seen_at)
            put = Put(
                self._key, msgspec.to_builtins(bucket), 0 if item is None else item.version, now + timedelta(days=2)
            )
            try:
                await self._store.commit([put])
            except Conflict:
                continue
            return granted, wait, bucket
        raise Conflict(f"The budget of {self._name} is being changed by too many workers at once.")

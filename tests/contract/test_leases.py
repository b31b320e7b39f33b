"""One worker at a time, over every store."""

import asyncio

import pytest

from avesa.errors import Busy, LeaseLost
from avesa.leases import lease


def held(store, clock, tenant, owner, lasting=60.0):
    """A lease on a table."""
    return lease(store, clock, tenant, "tickets", lasting=lasting, owner=owner)


async def test_the_second_is_told_how_long_to_wait(store, clock, only_here):
    """Busy names the thing and the seconds until its lease runs out."""
    async with held(store, clock, only_here, "first"):
        clock.forward(20)
        with pytest.raises(Busy, match=f"{only_here} tickets is with another worker") as told:
            async with held(store, clock, only_here, "second"):
                pass
    assert told.value.seconds == 40


async def test_a_lease_is_free_after_its_block(store, clock, only_here):
    """Also after one that failed."""
    with pytest.raises(ZeroDivisionError):
        async with held(store, clock, only_here, "first"):
            _ = 1 / 0
    async with held(store, clock, only_here, "second"):
        pass


async def test_a_dead_holders_lease_is_taken_over_and_stays_taken(store, clock, only_here):
    """The holder that wakes up neither gives it back nor keeps it: its block ends with LeaseLost."""

    async def sleep_through():
        async with held(store, clock, only_here, "slept", lasting=0.3):
            clock.forward(1)
            async with held(store, clock, only_here, "next"):
                await asyncio.sleep(5)

    with pytest.raises(LeaseLost):
        await sleep_through()
    async with held(store, clock, only_here, "third"):
        pass


async def test_the_heart_beats(store, clock, only_here):
    """A lease that would have run out is still held while its holder lives."""
    async with held(store, clock, only_here, "first", lasting=3):
        clock.forward(2)
        await asyncio.sleep(1.5)
        clock.forward(2)
        with pytest.raises(Busy):
            async with held(store, clock, only_here, "second"):
                pass


async def test_tenants_do_not_wait_for_each_other(store, clock, only_here):
    """P4."""
    async with held(store, clock, only_here, "first"), held(store, clock, f"{only_here}-2", "second"):
        pass

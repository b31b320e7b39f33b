"""A transform that stops at any of its writes is put right by the next one."""

from contextlib import suppress
from dataclasses import replace

import pytest
from tests.lab import lab
from tests.landed import INCIDENTS, deletes_of, grave, incident, land, publish

from avesa.errors import StoreUnavailable

TABLES = ("tickets", "tickets_history", "tickets_quarantine")


class Failing:
    """An edge whose writes fail from the nth on."""

    def __init__(self, inner, method, left):
        self._inner, self._method, self._left = inner, method, left

    def __getattr__(self, name):
        if name != self._method:
            return getattr(self._inner, name)

        async def call(*args):
            self._left[0] -= 1
            if self._left[0] < 0:
                raise StoreUnavailable("The power went out.")
            return await getattr(self._inner, name)(*args)

        return call


async def hours(there):
    """Three hours: rows; changes, a broken row and a deletion; a late version and a mended row."""
    first = [incident(1, 1), incident(2, 1), incident(3, 1)]
    second = [incident(1, 5, state="6"), incident(4, 5), incident(5, 5, reassignment_count="a few")]
    third = [incident(2, 0, state="1"), incident(5, 9)]
    yield [(record, INCIDENTS) for record in first]
    yield [(record, INCIDENTS) for record in second] + [(grave(3, 6), deletes_of(there))]
    yield [(record, INCIDENTS) for record in third]


async def tables(there):
    """Everything that is published, less what tells when a run wrote it."""
    return [await there.sql(f"select * from {table} order by all", "acme") for table in TABLES]


async def expected(home):
    """What a run without faults publishes."""
    async with lab(home) as there:
        async for hour in hours(there):
            for number, (record, entity) in enumerate(hour):
                await land(there, record, entity=entity, pulled=number)
            await publish(there)
        return await tables(there)


@pytest.mark.parametrize("writes", range(12))
async def test_the_next_run_puts_right_what_a_dead_one_left(tmp_path, writes):
    """P1, P3, T12: between any two writes of history, table, quarantine and ledger, nothing is lost or doubled."""
    async with lab(tmp_path / "faulty") as there:
        here, sound = there.here, there.here.edges
        async for hour in hours(there):
            for number, (record, entity) in enumerate(hour):
                await land(there, record, entity=entity, pulled=number)
            left = [writes]
            edges = replace(sound, lake=Failing(sound.lake, "put", left), store=Failing(sound.store, "commit", left))
            there.here = replace(here, edges=edges)
            with suppress(StoreUnavailable):
                await publish(there)
            there.here = here
            there.wait(1)
            await publish(there)
        assert await tables(there) == await expected(tmp_path / "sound")

"""A credential's budget is one, whoever spends it (P6), over every store."""

from datetime import timedelta

import pytest

from avesa import budget
from avesa.budget import Budget
from avesa.errors import BudgetSpent
from avesa.sources.dialect import Limits


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Nobody waits in place: the clock of these tests stands still."""
    monkeypatch.setattr(budget, "PATIENCE", 0.0)


@pytest.fixture
def worker(store, clock, only_here):
    """Makes the budget as another worker sees it."""

    def make(per_minute):
        return Budget(store, clock, tenant=only_here, source="connectwise", per_minute=per_minute)

    return make


async def test_two_workers_spend_one_budget(worker):
    """What one has taken, the other does not have."""
    await worker(1).take(hourly=True)
    with pytest.raises(BudgetSpent) as told:
        await worker(1).take(hourly=True)
    assert told.value.seconds == pytest.approx(60)


async def test_time_fills_it_again(worker, clock):
    """A minute's requests in a minute."""
    await worker(1).take(hourly=True)
    clock.forward(60)
    await worker(1).take(hourly=True)


async def test_a_refusal_stops_everyone(worker, clock):
    """A 429 that one worker sees slows all on that credential, those with a slice in hand as well."""
    there, other = worker(600), worker(600)
    await there.take(hourly=True)
    await there.block(100)
    for each in (there, other):
        with pytest.raises(BudgetSpent):
            await each.take(hourly=True)
    clock.forward(101)
    await other.take(hourly=True)


async def test_the_hourly_pull_has_a_reserve(worker):
    """Backfill leaves the last fifth, so that a long one does not hold up the hour."""
    backfill = [await allowed(worker(50), hourly=False) for _ in range(5)]
    assert backfill == [True] * 4 + [False]
    assert await allowed(worker(50), hourly=True)


@pytest.mark.parametrize(("left", "backfill", "hourly"), [(500, True, True), (300, False, True), (100, False, False)])
async def test_a_part_of_the_day_stays_the_tenants(worker, left, backfill, hourly):
    """T22: with all workers, a backfill stops at two fifths of the daily allowance, the hourly pull at a tenth."""
    told = worker(600)
    told.observe(Limits(day_left=left, day_max=1000))
    await allowed(told, hourly=True)
    assert await allowed(worker(600), hourly=False) == backfill
    assert await allowed(worker(600), hourly=True) == hourly


async def test_an_old_word_of_the_day_is_not_believed(worker, clock):
    """A day that was spent once does not stay spent."""
    told = worker(600)
    told.observe(Limits(day_left=0, day_max=1000))
    await allowed(told, hourly=True)
    clock.forward(timedelta(minutes=16).total_seconds())
    assert await allowed(worker(600), hourly=True)


async def allowed(spender, *, hourly):
    """Whether a request is given."""
    try:
        await spender.take(hourly=hourly)
    except BudgetSpent:
        return False
    return True

"""Races between processes and threads, on the embedded edges.

The stand-ins for DynamoDB in LocalStack and moto do not keep concurrent transactions apart, so a race on them
says nothing about DynamoDB. What they must answer to each single request, the other suites ask.
"""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
from tests.racers import COUNTER, claim, count, take

from avesa.edges.embedded import open_home
from avesa.errors import Conflict
from avesa.ports import Key, Put
from avesa.settings import Settings

PROCESSES = 4


@pytest.fixture
def here(tmp_path, clock):
    """An installation."""
    return open_home(Settings(home=tmp_path), clock)


def race(tmp_path, work, each):
    """Let processes do the same at once."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=spawn) as pool:
        return list(pool.map(work, [str(tmp_path)] * PROCESSES, [each] * PROCESSES))


async def test_of_processes_that_make_an_item_one_wins(tmp_path, here):
    """P1: each window is claimed by one process."""
    await here.store.query("Windows", "race")
    won = await asyncio.to_thread(race, tmp_path, claim, 40)
    assert sum(won) == 40


async def test_no_processs_write_is_lost(tmp_path, here):
    """Each of the writes counts: nobody writes over what he has not read."""
    await here.store.commit([Put(COUNTER, {"is": 0}, 0)])
    await asyncio.to_thread(race, tmp_path, count, 25)
    assert (await here.store.get(COUNTER)).body == {"is": PROCESSES * 25}


async def test_no_message_goes_to_two_processes(tmp_path, here):
    """Every message is received, by one process."""
    await here.queue("race").send([(f"t-{at % 5}", b"{}") for at in range(120)])
    had = [id_ for each in await asyncio.to_thread(race, tmp_path, take, 3) for id_ in each]
    assert (len(had), len(set(had))) == (120, 120)


async def test_of_eight_writers_of_one_process_one_wins(here):
    """Slots race as processes do."""
    key = Key("Windows", "race", "a")
    for version in range(10):
        writes = [here.store.commit([Put(key, {"by": at}, version)]) for at in range(8)]
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
        assert sum(outcome is None for outcome in outcomes) == 1
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7


async def test_overlapping_commits_are_apart(here):
    """P2: of commits that share an item, those that win are whole and those that lose leave nothing."""
    shared = Key("LastUpdated", "race", "watermark")

    def commit(at):
        own = Put(Key("Windows", "race", f"{at}"), {}, 0)
        return here.store.commit([own, Put(shared, {"by": at}, 0)])

    outcomes = await asyncio.gather(*[commit(at) for at in range(8)], return_exceptions=True)
    (winner,) = (at for at, outcome in enumerate(outcomes) if outcome is None)
    assert [item.key.sort for item in await here.store.query("Windows", "race")] == [f"{winner}"]


async def test_turns_go_round_the_tenants(here):
    """One tenant's backfill does not hold up the others: the first of each comes before the second of any."""
    queue = here.queue("race")
    await queue.send([("large", b"{}")] * 20 + [("small", b"1"), ("tiny", b"2")])
    first = await queue.receive(3, 0)
    assert {b"1", b"2"} < {delivery.body for delivery in first}

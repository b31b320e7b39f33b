"""The transform's engine: bounded, stoppable, and gone when it is done."""

import asyncio

import pytest

from avesa.edges.duck import Duck
from avesa.errors import BadMapping, OutOfSpace
from avesa.settings import Settings

ENDLESS = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"


def given(tmp_path, **settings):
    """Settings with scratch in a folder."""
    return Settings(home=tmp_path, **settings)


async def test_a_cancelled_statement_stops_and_its_thread_with_it(tmp_path):
    """A drain or a lost lease does not wait for DuckDB, and the connection works on."""
    with Duck(given(tmp_path), "stopped") as duck:
        running = asyncio.ensure_future(duck.run(ENDLESS))
        await asyncio.sleep(0.3)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await duck.one("select 1") == 1


async def test_other_work_goes_on_beside_a_statement(tmp_path):
    """Heartbeats and leases are renewed while DuckDB computes."""
    with Duck(given(tmp_path), "busy") as duck:
        running = asyncio.ensure_future(duck.run(ENDLESS))
        await asyncio.sleep(0.1)
        assert not running.done()
        running.cancel()
        await asyncio.wait([running])


async def test_more_than_its_memory_goes_to_scratch(tmp_path):
    """P7: what does not fit spills."""
    with Duck(given(tmp_path, memory_limit_mb=128), "small") as duck:
        rows = "select range as i, repeat('x', 100) || range as t from range(3000000)"
        await duck.run(f"create table wide as {rows}")
        assert await duck.one("select count(distinct t) from wide") == 3_000_000


async def test_too_little_of_both_is_named(tmp_path):
    """P7: memory that cannot spill is a passing fault that says what the task was given."""
    large = "select list(repeat('x', 200) || range) from range(20000000)"
    with Duck(given(tmp_path, memory_limit_mb=128), "tiny") as duck, pytest.raises(OutOfSpace, match="memory or"):
        await duck.run(large)


async def test_its_folder_goes_with_it(tmp_path):
    """P7: scratch is given back, also after an error."""
    with Duck(given(tmp_path), "gone") as duck:
        folder = duck.folder
        assert folder.is_dir()
        with pytest.raises(BadMapping):
            await duck.run("select nothing")
    assert not folder.exists()

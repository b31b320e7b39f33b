"""The world is the oracle: after a backfill, hours of change and faults, the lake must equal it."""

import pytest
from tests.lab import Lab, lab, simulate
from tests.oracle import TRUTH, equal

from avesa.core.names import delta_table
from avesa.edges import delta

FAULTS = [
    ("429",),
    ("500", "cut"),
    ("503", "html"),
    ("late", "edits", "nul"),
    ("clamp", "foreign-links"),
    ("repeat-page",),
]


async def test_the_lake_equals_the_world_after_48_hours(tmp_path):
    """P1, P2, T1, T3, T5: ties, merges, soft deletes and edits of two days lose nothing."""
    with simulate("--seed", "21", "--tickets", "400") as world:
        async with lab(tmp_path) as there:
            await there.add("acme", "connectwise", world.credential("connectwise"))
            await there.run()
            for _ in range(12):
                world.advance(4)
                there.wait(4)
                await there.run()
            for table in TRUTH:
                await equal(there, world, "acme", table)


@pytest.mark.parametrize("faults", FAULTS, ids="+".join)
async def test_the_lake_equals_the_world_whatever_goes_wrong(tmp_path, faults):
    """P1, P2, P5, T1, T4, T6, T7, T8: faults during backfill and hours of change lose nothing and double nothing."""
    with simulate("--seed", "23", "--tickets", "60") as world:
        async with lab(tmp_path) as there:
            await there.add("acme", "connectwise", world.credential("connectwise"))
            for fault in faults:
                world.fault(fault)
            for _ in range(3):
                await there.run()
                world.advance(2)
                there.wait(2)
            for fault in faults:
                world.fault(fault, on=False)
            await settle(there, world)
            for table in TRUTH:
                await equal(there, world, "acme", table)


async def test_a_second_run_commits_nothing_and_pulls_only_the_overlap(tmp_path):
    """P1: re-pulled rows that have not changed are not written again."""
    with simulate("--seed", "22", "--tickets", "300") as world:
        async with lab(tmp_path) as there:
            await there.add("acme", "connectwise", world.credential("connectwise"))
            first = (await there.run()).rows
            world.advance(1)
            await there.run()
            versions = await commits(there)
            second = await there.run()
            assert await commits(there) == versions
            assert second.rows < first / 10


async def commits(there: Lab) -> dict[str, int]:
    """Every table's version."""
    lake = there.here.edges.lake
    return {table: delta.snapshot(lake.table(delta_table("acme", table)), "").version for table in TRUTH}


async def settle(there, world) -> None:
    """Without faults, run until no window is failed or partial."""
    for _ in range(4):
        world.advance(1)
        there.wait(13)
        await there.run()
    assert not there.tally.troubles

"""A mapping edit followed by a rebuild from raw gives what a fresh start with that mapping would."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.lab import Lab, lab, simulate

from avesa.core.names import delta_table
from avesa.edges import delta
from avesa.edges.mapping_files import CHECKOUT, read

TABLES = ("tickets", "tickets_history")
OF_THE_RUN = {"first_seen_at", "loaded_at", "pulled_at", "seen_at"}
"""Columns that tell when this installation pulled, and so differ between two of them."""


@pytest.fixture
def edited(tmp_path) -> Path:
    """Mappings in which a ticket's title is in capitals and closed tickets count as on hold."""
    folder = tmp_path / "mappings"
    shutil.copytree(CHECKOUT, folder)
    file = folder / "tickets" / "connectwise.sql"
    before = file.read_text(encoding="utf-8")
    after = before.replace("r.summary as title", "upper(r.summary) as title").replace("then 'closed'", "then 'on_hold'")
    assert after != before
    file.write_text(after, encoding="utf-8")
    return folder


async def test_a_rebuild_equals_a_fresh_start(tmp_path, edited):
    """Raw keeps whole payloads, so the source is not asked again: it is stopped."""
    with simulate("--seed", "41", "--tickets", "150") as world:
        async with lab(tmp_path / "old") as there:
            await there.add("acme", "connectwise", world.credential("connectwise"))
            await there.run()
            world.advance(6)
            there.wait(6)
            await there.run()
        async with lab(tmp_path / "fresh", read(edited)) as there:
            await there.add("acme", "connectwise", world.credential("connectwise"))
            await there.run()
            fresh = await tables(there)
    async with lab(tmp_path / "old", read(edited)) as there:
        before = await tables(there)
        await there.reprocess("acme", "tickets")
        assert not there.tally.troubles
        rebuilt = await tables(there)
    assert rebuilt["tickets"] == fresh["tickets"]
    assert rebuilt["tickets"] != before["tickets"]
    # what the second pass saw of the past is more than a fresh start can see: the states of today are the same
    assert current(rebuilt["tickets_history"]) == current(fresh["tickets_history"])
    assert len(rebuilt["tickets_history"]) == len(before["tickets_history"]) > len(fresh["tickets_history"])


async def test_a_rebuild_with_the_same_mapping_changes_no_value(tmp_path):
    """The table, its history and its first-seen times are functions of raw alone; each is swapped in by one commit."""
    with simulate("--seed", "42", "--tickets", "80") as world:
        async with lab(tmp_path) as there:
            await there.add("acme", "connectwise", world.credential("connectwise"))
            await there.run()
            world.advance(6)
            there.wait(6)
            await there.run()
            before, versions = await tables(there, whole=True), commits(there)
    async with lab(tmp_path) as there:
        await there.reprocess("acme", "tickets")
        assert not there.tally.troubles
        assert await tables(there, whole=True) == before
        assert commits(there) == {table: version + 1 for table, version in versions.items()}


async def tables(there: Lab, *, whole: bool = False) -> dict[str, list[dict[str, Any]]]:
    """All rows of tickets and of their history, in one order."""
    left_out = set() if whole else OF_THE_RUN
    found = {}
    for table in TABLES:
        rows = await there.sql(f"select * from {table}", "acme")
        kept = [{name: value for name, value in row.items() if name not in left_out} for row in rows]
        found[table] = sorted(kept, key=repr)
    return found


def current(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a history that are so now, without their number in it."""
    return [{**row, "version": None} for row in history if row["is_current"]]


def commits(there: Lab) -> dict[str, int]:
    """The version of the table and of its history."""
    lake, table = there.here.edges.lake, delta_table("acme", "tickets")
    return {name: delta.snapshot(lake.table(name), "").version for name in (table, f"{table}_history")}

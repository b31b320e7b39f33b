"""Publishing is a function of raw: checked, ordered by time and not by arrival, and never doubled."""

import asyncio
from itertools import permutations

import pytest
from tests.lab import lab
from tests.landed import INCIDENTS, deletes_of, grave, incident, land, publish, ticket

from avesa.cli import passes
from avesa.core.names import delta_table
from avesa.core.sql import columns
from avesa.edges import delta
from avesa.edges.duck import Duck
from avesa.errors import BadMapping, BrokenKey, Conflict, Reject
from avesa.publish import Publication, Target


async def test_the_latest_version_wins_however_windows_arrive(tmp_path):
    """P1: merging windows in any order, each in its own commit, gives the same table and the same history."""
    versions = [ticket(1, 1, "New"), ticket(1, 5, "In Progress"), ticket(1, 9, ">Closed", closedFlag=True)]
    seen = set()
    for number, order in enumerate(permutations(range(3))):
        async with lab(tmp_path / str(number)) as there:
            for place in order:
                await land(there, versions[place], pulled=place)
                await publish(there)
            current = await there.sql("select status, is_closed, first_seen_at from tickets", "acme")
            lives = await there.sql(
                "select version, status, valid_from, valid_to, is_current from tickets_history order by 1", "acme"
            )
            seen.add(str((current, lives)))
    assert len(seen) == 1
    assert "'closed', 'is_closed': True" in seen.pop()


async def test_ties_on_a_second_are_ordered_by_their_pull(tmp_path):
    """T3: two states with one stamp are both in the history, the one pulled later is current."""
    async with lab(tmp_path) as there:
        await land(there, ticket(1, 1, "New"), pulled=1)
        await publish(there)
        await land(there, ticket(1, 1, "In Progress"), pulled=2)
        await publish(there)
        assert [r["status"] for r in await there.sql("select status from tickets", "acme")] == ["in_progress"]
        lives = await there.sql("select status, is_current from tickets_history order by version", "acme")
        assert [(r["status"], r["is_current"]) for r in lives] == [("new", False), ("in_progress", True)]


async def test_what_was_pulled_again_unchanged_makes_no_commit(tmp_path):
    """P1, T11: an overlap costs no write; its window is merged all the same."""
    async with lab(tmp_path) as there:
        await land(there, ticket(1, 1), pulled=1)
        await publish(there)
        before = delta.snapshot(there.here.edges.lake.table(delta_table("acme", "tickets")), "ticket_key")
        await land(there, ticket(1, 1), pulled=30)
        await publish(there)
        after = delta.snapshot(there.here.edges.lake.table(delta_table("acme", "tickets")), "ticket_key")
        assert (after.version, after.rows) == (before.version, 1)


async def test_a_broken_row_goes_to_quarantine_and_the_good_one_stays(tmp_path):
    """P5, T17: a value that does not fit its type is never silently null; a later good version mends it."""
    async with lab(tmp_path) as there:
        await land(there, ticket(1, 1, actualHours=1.5), ticket(2, 1), pulled=1)
        await publish(there)
        await land(there, ticket(1, 5, actualHours="a lot"), pulled=6)
        await publish(there)
        await publish(there)
        found = await there.sql("select source_id, reason, payload from tickets_quarantine", "acme")
        assert [(r["source_id"], r["reason"]) for r in found] == [("1", "hours_actual is no DOUBLE")]
        assert "a lot" in found[0]["payload"]
        assert (await there.sql("select hours_actual from tickets where source_id = '1'", "acme"))[0][
            "hours_actual"
        ] == 1.5
        await land(there, ticket(1, 9, actualHours=2.25), pulled=10)
        await publish(there)
        assert await there.sql("select * from tickets_quarantine", "acme") == []
        assert (await there.sql("select hours_actual from tickets where source_id = '1'", "acme"))[0][
            "hours_actual"
        ] == 2.25


async def test_an_unknown_status_is_other_and_counted(tmp_path):
    """A value that no mapping knows is kept raw, becomes `other`, and is counted."""
    async with lab(tmp_path) as there:
        await land(there, ticket(1, 1, "Marinating"))
        await publish(there)
        assert await there.sql("select status, status_raw from tickets", "acme") == [
            {"status": "other", "status_raw": "Marinating"}
        ]
        assert there.tally.merged[-1].unmapped >= 1


async def test_two_records_of_one_key_stop_the_publish(tmp_path):
    """P1: a mapping whose source_id is not the record's id publishes nothing at all."""
    async with lab(tmp_path) as there:
        mapping = there.here.mappings
        entity = mapping.entity("connectwise", "service/tickets")
        object.__setattr__(entity, "select", entity.select.replace("r.id as source_id", "'1' as source_id"))
        try:
            await land(there, ticket(1, 1), ticket(2, 2))
            with pytest.raises(BrokenKey, match="connectwise:1"):
                await publish(there)
        finally:
            object.__setattr__(entity, "select", entity.select.replace("'1' as source_id", "r.id as source_id"))
        assert (
            delta.snapshot(there.here.edges.lake.table(delta_table("acme", "tickets")), "ticket_key") is delta.NOTHING
        )
        await publish(there)
        assert len(await there.sql("select * from tickets", "acme")) == 2


async def test_a_stale_writer_commits_nothing(tmp_path):
    """P1, P3, T13: a writer that slept while another one committed fails, even when it only adds rows."""
    async with lab(tmp_path) as there:
        await land(there, ticket(1, 1))
        await publish(there)
        here, contract = there.here, there.here.mappings.contract("tickets")
        target = Target(delta_table("acme", "tickets"), columns(contract), "ticket_key", ("updated_at_source",))
        with Duck(here.settings, "stale") as duck:
            sleeper = Publication(target, duck, here.edges.lake, here.settings)
            await sleeper.open()
            await land(there, ticket(2, 2))
            await publish(there)
            with pytest.raises(Conflict):
                await sleeper.commit("too late")
        assert len(await there.sql("select * from tickets", "acme")) == 2


async def test_two_transforms_at_once_commit_each_row_once(tmp_path):
    """P1, T13: whichever of two workers is first, no row is doubled."""
    async with lab(tmp_path) as there:
        await land(there, *(ticket(n, n) for n in range(1, 40)))
        await asyncio.gather(publish(there), publish(there), return_exceptions=True)
        await publish(there)
        assert (await there.sql("select count(*) as n, count(distinct ticket_key) as k from tickets", "acme")) == [
            {"n": 39, "k": 39}
        ]


async def test_a_deletion_that_the_source_tells_of_is_a_tombstone(tmp_path):
    """T15: the row stays, marked, with its cause; a newer version of it lives again."""
    async with lab(tmp_path) as there:
        await land(there, ticket(7, 1), ticket(8, 1, mergedParentTicket={"id": 7}))
        await publish(there)
        found = await there.sql(
            "select source_id, is_deleted, delete_cause, merged_into_key from tickets order by 1", "acme"
        )
        assert [tuple(r.values()) for r in found] == [("7", False, None, None), ("8", True, "merged", "connectwise:7")]


async def test_too_many_deletes_at_once_are_held_back(tmp_path):
    """T15: a source that suddenly tells of most rows as gone is not believed until somebody says so."""
    async with lab(tmp_path) as there:
        incidents = [incident(n) for n in range(120)]
        await land(there, *incidents, entity=INCIDENTS)
        await publish(there)
        graves = [grave(n, 30) for n in range(80)]
        await land(there, *graves, entity=deletes_of(there))
        with pytest.raises(Reject, match="80 deletes at once"):
            await publish(there)
        assert (await there.sql("select count(*) as n from tickets where is_deleted", "acme")) == [{"n": 0}]
        await publish(there, accept_deletes=True)
        assert (await there.sql("select count(*) as n from tickets where is_deleted", "acme")) == [{"n": 80}]


async def test_duckdb_sees_scratch_and_nothing_else(tmp_path):
    """P8: neither a file elsewhere, nor the network, nor a setting can be reached from a mapping's engine."""
    async with lab(tmp_path) as there:
        with Duck(there.here.settings, "locked") as duck:
            for statement in (
                "select * from read_text('/etc/passwd')",
                "copy (select 1) to '/tmp/out.parquet'",
                "set memory_limit = '8GB'",
                "install httpfs",
                "attach '/tmp/other.db'",
            ):
                with pytest.raises(BadMapping):
                    await duck.run(statement)


async def test_a_transform_of_nothing_makes_no_table(tmp_path):
    """A table is there when it has rows, and `run` on a quiet hour writes nothing."""
    async with lab(tmp_path) as there:
        await passes.publish(there.here, ["acme"])
        assert there.tally.merged == []

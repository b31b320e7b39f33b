"""Deletions that a source tells of beside its records: in the table and in its history."""

from itertools import permutations

import pytest
from tests.lab import lab
from tests.landed import INCIDENTS, NOON, deletes_of, grave, incident, land, publish

from avesa.errors import Reject

LIVES = """
    select version, status, is_deleted, minute(valid_from) as since, minute(valid_to) as till, is_current
    from tickets_history order by 1
"""
NOW = "select status, is_deleted, deleted_at, delete_cause from tickets"


async def told(there):
    """The table and the history, as plain values."""
    rows = [tuple(row.values()) for row in await there.sql(NOW, "acme")]
    return rows, [tuple(row.values()) for row in await there.sql(LIVES, "acme")]


async def test_a_deletion_is_a_state_of_its_own_in_the_history(tmp_path):
    """T15: what was open until its deletion is not open for ever after; the row before it keeps its content."""
    async with lab(tmp_path) as there:
        await land(there, incident(1, 1), entity=INCIDENTS)
        await land(there, grave(1, 5), entity=deletes_of(there))
        await publish(there)
        rows, lives = await told(there)
        assert rows == [("in_progress", True, NOON.replace(minute=5), "deleted")]
        assert lives == [(1, "in_progress", False, 1, 5, False), (2, "in_progress", True, 5, None, True)]


async def test_rows_and_deletions_may_come_in_any_order(tmp_path):
    """P1, T15: a deletion counts whether it is merged before, with or after the versions around it."""
    seen = set()
    for number, order in enumerate(list(permutations(range(4)))[::3]):
        async with lab(tmp_path / str(number)) as there:
            landed = [
                (incident(1, 1), INCIDENTS),
                (grave(1, 5), deletes_of(there)),
                (incident(1, 7, state="6"), INCIDENTS),
                (grave(1, 9), deletes_of(there)),
            ]
            for place in order:
                await land(there, landed[place][0], entity=landed[place][1], pulled=place)
                await publish(there)
            seen.add(str(await told(there)))
    assert len(seen) == 1
    assert "('resolved', True, " in seen.pop()


async def test_what_lives_again_is_not_deleted(tmp_path):
    """T15: a version later than the deletion ends it; the history keeps the time in between."""
    async with lab(tmp_path) as there:
        for record, entity in (
            (incident(1, 1), INCIDENTS),
            (grave(1, 5), deletes_of(there)),
            (incident(1, 9), INCIDENTS),
        ):
            await land(there, record, entity=entity)
            await publish(there)
        rows, lives = await told(there)
        assert rows == [("in_progress", False, None, None)]
        assert [life[2:5] for life in lives] == [(False, 1, 5), (True, 5, 9), (False, 9, None)]


async def test_a_deletion_that_was_told_before_makes_no_commit(tmp_path):
    """P1: overlapping reads of the log of deletions change nothing."""
    async with lab(tmp_path) as there:
        await land(there, incident(1, 1), entity=INCIDENTS)
        await land(there, grave(1, 5), entity=deletes_of(there))
        await publish(there)
        before = there.tally.merged[-1].version
        await land(there, grave(1, 5), entity=deletes_of(there))
        await publish(there)
        assert there.tally.merged[-1].version == before
        assert [life[0] for life in (await told(there))[1]] == [1, 2]


async def test_a_deletion_of_what_was_never_seen_makes_no_row(tmp_path):
    """A log of deletions speaks of rows outside the lookback too."""
    async with lab(tmp_path) as there:
        await land(there, grave(1, 5), entity=deletes_of(there))
        await publish(there)
        await land(there, incident(2, 1), entity=INCIDENTS)
        await publish(there)
        assert [life[:3] for life in (await told(there))[1]] == [(1, "in_progress", False)]


async def test_records_that_say_deleted_count_against_the_guard(tmp_path):
    """T15: live rows that all at once come back as deleted are held back like those of a log; new ones are not."""
    async with lab(tmp_path) as there:
        case = ("salesforce", "Case")
        await land(
            there,
            *(sf_case(n, 1) for n in range(60)),
            *(sf_case(n, 1, deleted=True) for n in range(60, 120)),
            entity=case,
        )
        await publish(there)
        await land(there, *(sf_case(n, 5, deleted=True) for n in range(60)), entity=case)
        with pytest.raises(Reject, match="60 deletes at once"):
            await publish(there)
        assert await there.sql("select count(*) as n from tickets where not is_deleted", "acme") == [{"n": 60}]


def sf_case(number, minutes, *, deleted=False):
    """A Salesforce case, as queryAll tells of it."""
    stamp = NOON.replace(minute=minutes).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return {"Id": f"500{number:015}", "CaseNumber": f"{number}", "SystemModstamp": stamp, "Status": "New",
            "Priority": "High", "IsDeleted": deleted}  # fmt: skip

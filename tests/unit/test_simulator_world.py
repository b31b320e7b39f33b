"""The world: deterministic, versioned, with ties, merges, late rows and tombstones."""

from pathlib import Path

import pytest

from simulator.faults import FAULTS, Faults
from simulator.world import START, World
from simulator.world_birth import seeded
from simulator.world_log import replayed
from simulator.world_truth import plain

LOG = Path("/work/shared/data/servicenow_incident_events.csv")
HOUR = 3600


@pytest.fixture
def moved() -> World:
    """Two days after its start."""
    world = seeded(seed=7, tickets=800)
    world.advance(48 * HOUR)
    return world


def test_a_seed_is_a_world(moved):
    """Equal seeds and equal steps give equal worlds, in every version."""
    again = seeded(seed=7, tickets=800)
    again.advance(48 * HOUR)
    assert {name: table.history for name, table in again.tables.items()} == {
        name: table.history for name, table in moved.tables.items()
    }
    assert seeded(seed=8, tickets=800).tickets.live != moved.tickets.live


def test_the_clock_moves_only_when_told():
    """A world stands still between two calls."""
    world = seeded(tickets=50)
    assert world.now == START
    world.advance(90)
    assert world.now == START + 90


def test_everything_happens_in_two_days(moved):
    """Opened, changed, reopened, merged, deleted, binned; and several rows in one second (T3)."""
    tickets = moved.tickets
    born = [row for row, at in zip(tickets.history, tickets.committed, strict=True) if at > START]
    stamps = [row.updated_at for row in born]
    assert any(row.version == 1 for row in born)
    assert any(row.reopened for row in born)
    assert any(row.merged_into for row in tickets)
    assert any(row.has_merged for row in tickets)
    assert tickets.tombstones
    assert moved.time_entries.tombstones
    assert len(set(stamps)) < len(stamps)
    assert any(row.deleted_at for row in moved.companies)


def test_a_window_is_half_open_and_ordered(moved):
    """Windows follow (updated_at, id) and hold each row once, where it is now."""
    ids = moved.tickets.window(START, START + 24 * HOUR)
    rows = [moved.tickets.live[row_id] for row_id in ids]
    assert rows == sorted(rows, key=lambda row: (row.updated_at, row.id))
    assert {row.id for row in moved.tickets if START <= row.updated_at < START + 24 * HOUR} == set(ids)
    assert sorted(moved.tickets.window()) == moved.tickets.ids()


def test_a_tickets_minutes_are_its_entries(moved):
    """Hours of work and their sum agree, whatever was added or deleted."""
    worked = dict.fromkeys(moved.tickets.live, 0)
    for entry in moved.time_entries:
        worked[entry.ticket_id] += entry.minutes
    assert {row.id: row.minutes for row in moved.tickets} == worked


def test_versions_count_up(moved):
    """A row's versions are numbered in the order of commit, and its last one is live."""
    seen: dict[int, int] = {}
    for row in moved.tickets.history:
        assert row.version == seen.get(row.id, 0) + 1
        seen[row.id] = row.version
    assert all(seen[row.id] == row.version for row in moved.tickets)


def test_late_rows_show_up_under_the_clock():
    """T1: a change can become visible minutes after its stamp, but does become visible."""
    world = seeded(seed=3, tickets=800)
    world.lateness = Faults(3, ("late",)).lateness
    world.advance(24 * HOUR)
    late = [
        at - row.updated_at
        for row, at in zip(world.tickets.history, world.tickets.committed, strict=True)
        if at > START
    ]
    assert max(late) > 0
    assert max(late) <= 300
    assert late.count(0) > len(late) / 2


def test_a_fault_is_bounded():
    """Whoever asks again gets through: never more strikes in a row than the table says."""
    faults = Faults(1, ("429",))
    answers = [faults.strikes("429", "GET /") for _ in range(500)]
    assert any(answers)
    most = FAULTS["429"].in_a_row or 0
    assert "1" * (most + 1) not in "".join(str(int(struck)) for struck in answers)


def test_a_fault_can_be_counted():
    """Switched on for some times, it is off after those."""
    faults = Faults(1)
    faults.switch("forbidden", on=True, times=2)
    assert [faults.strikes("forbidden") for _ in range(3)] == [True, True, False]
    with pytest.raises(KeyError):
        faults.switch("no such", on=True)


def test_the_truth_spells_labels_out(moved):
    """The neutral form needs no list of labels."""
    row = next(row for row in moved.tickets if row.closed_at)
    told = plain(moved, row)
    assert told["status"] in {">Closed", ">Cancelled"}
    assert told["closed"] is True
    assert told["updated_at"].endswith("Z")
    assert told["hours_actual"] == row.minutes / 60


@pytest.mark.skipif(not LOG.exists(), reason="the log of real incidents is not on this machine")
def test_the_log_replays_line_by_line():
    """Real input: each line is one version at its minute; the file's order breaks ties."""
    world = replayed(LOG)
    first = world.now
    world.advance(24 * HOUR)
    assert 0 < len(world.tickets.history) < 5998
    world.advance(400 * 24 * HOUR)
    assert len(world.tickets.history) == 5998
    assert len(world.tickets) == 890
    stamps = [row.updated_at for row in world.tickets.history]
    assert stamps == sorted(stamps)
    assert stamps[0] == first
    ties = [row for row in world.tickets.history if row.details and row.details["sys_updated_at"] == "24-03-2016 18:40"]
    assert len(ties) == 82
    assert {plain(world, row)["status"] for row in world.tickets} <= {
        label.name for label in world.catalog.statuses.values()
    }

"""The ledger: one worker per window, a zombie is refused, and the watermark never runs ahead of data (P2)."""

import asyncio
from datetime import timedelta

import pytest

from avesa.core.coverage import Coverage
from avesa.core.ledger import Entry, Kind, State
from avesa.core.windows import Window, chunks
from avesa.edges.embedded import open_home
from avesa.errors import Busy, LeaseLost
from avesa.ledger import Ledger
from avesa.settings import Settings

WHO = ("acme", "connectwise", "service/tickets")
DAY = timedelta(days=1)


@pytest.fixture
def ledger(tmp_path, clock):
    """An empty ledger."""
    return Ledger(open_home(Settings(home=tmp_path), clock).store, clock)


def entry(window, kind=Kind.BACKFILL):
    """A planned window."""
    return Entry(tenant=WHO[0], source=WHO[1], entity=WHO[2], window=window, kind=kind)


def days(clock, count):
    """The last days, newest first."""
    return [entry(window) for window in chunks(Window(clock() - count * DAY, clock()), DAY)]


async def begun(ledger, clock, count):
    """An entity whose backfill of so many days is planned."""
    origin = clock() - count * DAY
    await ledger.begin(*WHO, Coverage(origin=origin, anchor=clock(), planned_to=clock()))
    planned = days(clock, count)
    await ledger.ensure(planned)
    return planned


async def land(ledger, planned, rows=5, parts=1):
    """Pull a window."""
    claim = await ledger.claim(planned, "me", 60)
    return await ledger.land(claim, counted=rows, landed=rows, hidden=0, parts=parts)


async def test_a_window_has_one_worker(ledger, clock):
    """The second is told for how long the first may still take."""
    (planned,) = await begun(ledger, clock, 1)
    await ledger.claim(planned, "first", 60)
    clock.forward(20)
    with pytest.raises(Busy, match="acme/connectwise service/tickets 2026-03-01") as told:
        await ledger.claim(planned, "second", 60)
    assert told.value.seconds == 40


async def test_of_eight_who_claim_at_once_one_works(ledger, clock):
    """Two workers with the same message do not both pull."""
    (planned,) = await begun(ledger, clock, 1)
    claims = await asyncio.gather(*[ledger.claim(planned, f"w{at}", 60) for at in range(8)], return_exceptions=True)
    assert sum(isinstance(claim, Entry) for claim in claims) == 1
    assert sum(isinstance(claim, Busy) for claim in claims) == 7


@pytest.mark.parametrize("step", ["land", "renew", "stop", "give_back", "split"])
async def test_a_zombie_is_refused_whatever_it_does(ledger, clock, step):
    """P1, P2: a worker that slept past its claim changes nothing once another has the window."""
    (planned,) = await begun(ledger, clock, 1)
    zombie = await ledger.claim(planned, "zombie", 60)
    clock.forward(61)
    claim = await ledger.claim(planned, "next", 60)
    steps = {
        "land": lambda: ledger.land(zombie, counted=1, landed=1, hidden=0, parts=1),
        "renew": lambda: ledger.renew(zombie, 60),
        "stop": lambda: ledger.stop(zombie, State.FAILED, "late"),
        "give_back": lambda: ledger.give_back(zombie),
        "split": lambda: ledger.split(zombie),
    }
    with pytest.raises(LeaseLost):
        await steps[step]()
    assert await ledger.open(*WHO) == [claim]
    assert (await ledger.coverage(*WHO)).watermark is None


async def test_a_zombie_cannot_land_what_has_landed(ledger, clock):
    """Nor when the other is done already."""
    (planned,) = await begun(ledger, clock, 1)
    zombie = await ledger.claim(planned, "zombie", 60)
    clock.forward(61)
    landed = await land(ledger, planned)
    with pytest.raises(LeaseLost):
        await ledger.land(zombie, counted=1, landed=1, hidden=0, parts=1)
    assert await ledger.open(*WHO) == [landed]


async def test_a_renewed_claim_holds(ledger, clock):
    """A long pull stays with its worker."""
    (planned,) = await begun(ledger, clock, 1)
    claim = await ledger.claim(planned, "first", 60)
    clock.forward(50)
    await ledger.renew(claim, 60)
    clock.forward(50)
    with pytest.raises(Busy):
        await ledger.claim(planned, "second", 60)
    assert (await ledger.land(claim, counted=1, landed=1, hidden=0, parts=1)).state is State.LANDED


async def test_a_landed_window_needs_no_work(ledger, clock):
    """A message that comes twice is done the second time."""
    (planned,) = await begun(ledger, clock, 1)
    await land(ledger, planned)
    assert await ledger.claim(planned, "second", 60) is None


async def test_the_watermark_waits_for_the_newest_window(ledger, clock):
    """P2: what is proven behind a gap is not the watermark."""
    newest, middle, oldest = await begun(ledger, clock, 3)
    await land(ledger, oldest)
    assert (await ledger.coverage(*WHO)).watermark is None
    await land(ledger, newest)
    coverage = await ledger.coverage(*WHO)
    assert (coverage.watermark, coverage.complete_from, coverage.complete) == (clock(), newest.window.start, False)
    await land(ledger, middle)
    coverage = await ledger.coverage(*WHO)
    assert (coverage.complete, coverage.rows) == (True, 15)


async def test_windows_that_land_at_once_are_all_proven(ledger, clock):
    """Concurrent lands each move the one watermark: none is forgotten."""
    planned = await begun(ledger, clock, 8)
    await asyncio.gather(*[land(ledger, each) for each in planned])
    coverage = await ledger.coverage(*WHO)
    assert (coverage.complete, coverage.rows, len(coverage.proven)) == (True, 40, 1)


async def test_a_stopped_window_moves_nothing_and_is_tried_again(ledger, clock):
    """P2: a partial window holds the watermark, says why, and comes back after a pause."""
    (planned,) = await begun(ledger, clock, 1)
    await ledger.stop(await ledger.claim(planned, "me", 60), State.PARTIAL, "3 of 5 rows came.")
    (stopped,) = await ledger.open(*WHO)
    assert (stopped.state, stopped.reason, stopped.attempts) == (State.PARTIAL, "3 of 5 rows came.", 1)
    assert not stopped.due(clock(), timedelta(hours=1))
    clock.forward(15 * 60)
    assert stopped.due(clock(), timedelta(hours=1))
    assert (await ledger.coverage(*WHO)).watermark is None
    await land(ledger, planned)
    assert (await ledger.coverage(*WHO)).complete


async def test_a_window_given_back_is_anybodys_and_lost_no_attempt(ledger, clock):
    """A drain costs the tenant nothing."""
    (planned,) = await begun(ledger, clock, 1)
    await ledger.give_back(await ledger.claim(planned, "stops", 60))
    claim = await ledger.claim(planned, "next", 60)
    assert (claim.owner, claim.attempts) == ("next", 1)


async def test_halves_cover_what_was_split(ledger, clock):
    """T9: the halves stand in the window's place, in one commit."""
    (planned,) = await begun(ledger, clock, 1)
    assert await ledger.split(await ledger.claim(planned, "me", 60))
    halves = await ledger.open(*WHO)
    assert [half.window for half in halves] == list(planned.window.halves())
    for half in halves:
        await land(ledger, half)
    assert (await ledger.coverage(*WHO)).complete


async def test_a_second_cannot_be_halved(ledger, clock):
    """T9: the caller is told, and the window stays."""
    only = entry(Window(clock(), clock() + timedelta(seconds=1)))
    await ledger.ensure([only])
    claim = await ledger.claim(only, "me", 60)
    assert not await ledger.split(claim)
    assert await ledger.open(*WHO) == [claim]


async def test_planning_twice_plans_once(ledger, clock):
    """Two planners, or one that crashed between windows and watermark, leave the same ledger."""
    planned = await begun(ledger, clock, 60)
    claim = await ledger.claim(planned[0], "me", 60)
    await ledger.ensure(planned)
    found = await ledger.open(*WHO)
    assert len(found) == 60
    assert claim in found


async def test_a_crash_between_windows_is_healed_by_the_next_plan(ledger, clock):
    """A planner that died half way has lost nothing: what is missing is planned then."""
    planned = days(clock, 5)
    await ledger.ensure(planned[:2])
    await ledger.ensure(planned)
    assert [found.window for found in await ledger.open(*WHO)] == sorted(each.window for each in planned)


async def test_two_planners_extend_once(ledger, clock):
    """An hour is planned once, whoever is first."""
    await begun(ledger, clock, 1)
    hour = entry(Window(clock() - timedelta(minutes=10), clock() + timedelta(hours=1)), Kind.HOURLY)
    assert sorted(await asyncio.gather(ledger.extend(hour), ledger.extend(hour))) == [False, True]
    assert (await ledger.coverage(*WHO)).planned_to == hour.window.end
    assert len(await ledger.open(*WHO)) == 2


async def test_the_first_coverage_wins(ledger, clock):
    """Two planners of a new tenant agree on one origin."""
    first = Coverage(origin=clock() - DAY, anchor=clock(), planned_to=clock())
    assert await ledger.begin(*WHO, first) == first
    assert await ledger.begin(*WHO, Coverage(origin=clock(), anchor=clock(), planned_to=clock())) == first


async def test_merged_windows_leave_the_open_ones_few(ledger, clock):
    """T11: what each hour reads does not grow with the tenant's age."""
    landed = [await land(ledger, planned) for planned in await begun(ledger, clock, 3)]
    await ledger.merge(landed[:2])
    await ledger.merge(landed[:2])
    assert await ledger.open(*WHO) == landed[2:]
    assert [each.state for each in await ledger.merged(*WHO)] == [State.MERGED] * 2


async def test_a_window_pulled_again_meanwhile_is_not_merged_away(ledger, clock):
    """P1: the transform of an older run does not hide a newer one."""
    (planned,) = await begun(ledger, clock, 1)
    old = await land(ledger, planned)
    await ledger.merge([old])
    await ledger.ensure([entry(planned.window, Kind.AGAIN)])
    new = await land(ledger, planned)
    await ledger.merge([old])
    assert await ledger.open(*WHO) == [new]


async def test_an_empty_window_is_done_at_once(ledger, clock):
    """There is nothing to merge, and the watermark moves."""
    (planned,) = await begun(ledger, clock, 1)
    await land(ledger, planned, rows=0, parts=0)
    assert await ledger.open(*WHO) == []
    assert (await ledger.coverage(*WHO)).complete


async def test_a_sent_window_is_not_sent_again_at_once(ledger, clock):
    """A message that gets lost is sent again after a while; one on its way is not doubled."""
    await begun(ledger, clock, 1)
    await ledger.queued(await ledger.open(*WHO))
    (sent,) = await ledger.open(*WHO)
    assert not sent.due(clock(), timedelta(hours=2))
    clock.forward(2 * 3600)
    assert sent.due(clock(), timedelta(hours=2))


async def test_reaching_back_only_goes_back(ledger, clock):
    """A backfill may ask for more than was planned, never for less."""
    await begun(ledger, clock, 1)
    await ledger.reach_back(*WHO, clock() - 9 * DAY)
    await ledger.reach_back(*WHO, clock())
    assert (await ledger.coverage(*WHO)).origin == clock() - 9 * DAY


async def test_tenants_have_ledgers_of_their_own(ledger, clock):
    """P4."""
    await begun(ledger, clock, 1)
    assert await ledger.open("acme-evil", *WHO[1:]) == []
    assert await ledger.coverage("acme-evil", *WHO[1:]) is None

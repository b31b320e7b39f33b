"""The watermark never passes what is missing."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from avesa.core.coverage import Coverage
from avesa.core.windows import Window, chunks

ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
FRESH = Coverage(origin=ANCHOR - 90 * DAY, anchor=ANCHOR, planned_to=ANCHOR)


def prove(coverage, *windows):
    """Land windows one after another."""
    for window in windows:
        coverage = coverage.prove(window, rows=1, hidden=0, at=ANCHOR)
    return coverage


def test_nothing_proven_has_no_watermark():
    """P2: a new entity is fresh to nowhere, not to now."""
    assert FRESH.watermark is None
    assert not FRESH.complete


def test_an_older_window_alone_gives_no_watermark():
    """P2: history that does not reach the anchor proves nothing of the present."""
    assert prove(FRESH, Window(ANCHOR - 60 * DAY, ANCHOR - 30 * DAY)).watermark is None


def test_a_failed_hour_holds_the_watermark():
    """P2, T14: the hour after a missing hour does not move the watermark; when the missing one lands, both count."""
    hour = timedelta(hours=1)
    first, second, third = (Window(ANCHOR + n * hour, ANCHOR + (n + 1) * hour) for n in range(3))
    newest = prove(FRESH, Window(ANCHOR - 30 * DAY, ANCHOR), first, third)
    assert newest.watermark == first.end
    assert prove(newest, second).watermark == third.end


@given(st.permutations(list(chunks(Window(FRESH.origin, FRESH.anchor), 30 * DAY))))
def test_a_backfill_is_complete_in_any_order(windows):
    """Whichever window lands last, the whole is proven and stored as one interval (T11)."""
    done = prove(FRESH, *windows)
    assert done.complete
    assert done.watermark == ANCHOR
    assert done.complete_from == FRESH.origin
    assert len(done.proven) == 1


def test_planning_never_moves_back():
    """A source clock that stepped back does not unplan a window."""
    assert FRESH.plan_to(ANCHOR - DAY).planned_to == ANCHOR

"""The schedule by which formula values are pulled again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from avesa.core.refresh import due
from avesa.core.windows import Window, gaps

FIRST = datetime(2016, 1, 1, tzinfo=UTC)
START = datetime(2026, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)


@given(st.lists(st.integers(1, 48), min_size=1, max_size=60), st.integers(0, 10_000))
def test_every_moment_of_the_past_has_its_turn_in_a_cycle_t21(steps, offset):
    """Whenever plans are made: within one cycle and the plan that ends it, all of the past is pulled again."""
    last = begun = START + timedelta(minutes=offset)
    pulled = []
    for hours in [*steps, *[24] * 8]:
        now = last + timedelta(hours=hours)
        pulled += due(FIRST, last, now, WEEK)
        last = now
    assert gaps(Window(FIRST, begun), pulled) == ()


def test_a_plan_takes_its_share_and_no_more():
    """An hour of a weekly cycle takes about a 168th of the past."""
    (window,) = due(FIRST, START, START + timedelta(hours=1), WEEK)
    share = (START - FIRST) / 168
    assert share <= window.length < share * 1.2


def test_after_a_long_pause_all_is_due():
    """A cycle that was missed is made up for at once."""
    assert due(FIRST, START, START + 2 * WEEK, WEEK) == (Window(FIRST, START + 2 * WEEK),)


def test_a_table_without_a_past_has_nothing_due():
    """No time, no window."""
    assert due(START, START, START, WEEK) == ()

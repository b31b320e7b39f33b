"""Windows are half-open, in UTC, and cover a span exactly once."""

import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avesa.core.windows import SECOND, Window, chunks, gaps, moment, text, union

DAY = timedelta(days=1)
START = datetime(2024, 2, 1, tzinfo=UTC)
seconds = st.integers(0, 40 * 86_400)


@st.composite
def windows(draw):
    """A window of whole seconds within some weeks."""
    first, length = draw(seconds), draw(st.integers(1, 20 * 86_400))
    return Window(START + first * SECOND, START + (first + length) * SECOND)


def test_a_window_holds_its_start_and_not_its_end():
    """Half-open: two windows that touch share no moment."""
    window = Window(START, START + DAY)
    assert START in window
    assert START + DAY not in window


def test_a_window_must_end_after_it_starts():
    """An empty window is a mistake."""
    with pytest.raises(ValueError, match="end after"):
        Window(START, START)


def test_a_window_is_in_utc():
    """T18: no local time gets into a window."""
    with pytest.raises(ValueError, match="UTC"):
        Window(datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=1))), START)
    with pytest.raises(ValueError, match="UTC"):
        Window(datetime(2024, 1, 1), START)  # noqa: DTZ001  that is the point


@given(windows())
def test_halves_cover_the_window_exactly(window):
    """T9: halving loses no second and repeats none; one second cannot be halved."""
    halves = window.halves()
    if halves is None:
        assert window.length <= SECOND
    else:
        assert (halves[0].start, halves[0].end, halves[1].end) == (window.start, halves[1].start, window.end)


@given(windows(), st.integers(1, 10))
def test_chunks_cover_a_span_exactly_newest_first(span, days):
    """A backfill's windows touch, do not overlap, and begin with the newest."""
    cut = list(chunks(span, days * DAY))
    assert cut[0].end == span.end
    assert cut[-1].start == span.start
    assert all(newer.start == older.end for newer, older in itertools.pairwise(cut))
    assert all(window.length <= days * DAY for window in cut)


@given(st.lists(windows(), max_size=8), windows())
def test_gaps_are_what_union_leaves_open(covered, span):
    """A moment of the span is either covered or in a gap, never both, never neither."""
    joined, missing = union(covered), gaps(span, covered)
    edges = [edge for window in (*joined, *missing, span) for edge in (window.start, window.end - SECOND)]
    for edge in edges:
        if edge in span:
            assert any(edge in window for window in joined) != any(edge in window for window in missing)


@given(st.lists(windows(), max_size=8))
def test_a_union_is_ordered_and_apart(covered):
    """T11: windows that touch are joined, so what is stored stays small."""
    joined = union(covered)
    assert all(left.end < right.start for left, right in itertools.pairwise(joined))


def test_a_leap_day_is_a_day_like_any_other():
    """30-day windows over a leap year's February miss nothing."""
    span = Window(datetime(2024, 1, 15, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC))
    assert sum((window.length for window in chunks(span, 30 * DAY)), timedelta()) == span.length


def test_moments_are_written_one_way():
    """What `text` writes `moment` reads; anything else is refused."""
    assert moment(text(START)) == START
    with pytest.raises(ValueError, match="does not match"):
        moment("2024-02-01 00:00:00")

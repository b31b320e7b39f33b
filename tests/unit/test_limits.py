"""A budget is a value: what may be sent, and how long to wait."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from avesa.core.limits import DAY_STALE, Bucket, burst

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@given(st.floats(1, 6000), st.lists(st.tuples(st.floats(0, 30), st.integers(1, 20)), max_size=40))
def test_never_more_than_the_pace(per_minute, steps):
    """P6: over any time, no more is granted than one burst and what flowed in."""
    bucket, now, granted = Bucket.full(per_minute, NOON), NOON, 0
    for passed, want in steps:
        now += timedelta(seconds=passed)
        bucket, got, _ = bucket.take(want, now)
        granted += got
    assert granted <= burst(per_minute) + per_minute * (now - NOON).total_seconds() / 60 + 1e-6


def test_an_empty_bucket_says_how_long():
    """After the wait it names, a token is there."""
    bucket, _, _ = Bucket.full(60, NOON).take(6, NOON)
    bucket, got, wait = bucket.take(1, NOON)
    assert (got, wait > 0) == (0, True)
    assert bucket.take(1, NOON + timedelta(seconds=wait + 0.001))[1] == 1


def test_a_block_stops_everyone_and_empties_the_bucket():
    """P6: after a 429 nobody sends before its end, and no burst follows it."""
    blocked = Bucket.full(600, NOON).block(30, NOON)
    assert blocked.take(1, NOON + timedelta(seconds=29))[1] == 0
    assert blocked.take(100, NOON + timedelta(seconds=31))[1] <= burst(600)


def test_a_shorter_block_does_not_end_a_longer_one():
    """The latest end counts."""
    assert Bucket.full(600, NOON).block(60, NOON).block(5, NOON).take(1, NOON + timedelta(seconds=30))[1] == 0


def test_backfill_leaves_a_reserve_for_the_hour():
    """What backfill may not touch, the hourly pull still gets."""
    bucket = Bucket.full(600, NOON)
    bucket, got, _ = bucket.take(1000, NOON, reserve=0.2)
    assert got == 48
    assert bucket.take(1000, NOON)[1] == 12


def test_a_clock_that_stepped_back_takes_nothing_away():
    """The bucket neither grows nor shrinks when time goes back."""
    bucket = Bucket.full(60, NOON)
    assert bucket.refill(NOON - timedelta(hours=1)).tokens == bucket.tokens


def test_a_spent_day_is_believed_for_a_while_only():
    """T22: the tenant keeps its part of the day's requests; what was said long ago is asked again."""
    bucket = Bucket(per_minute=60, tokens=6, filled_at=NOON, day_left=900, day_max=10_000, day_at=NOON)
    assert bucket.spent_for_the_day(0.1, NOON)
    assert not bucket.spent_for_the_day(0.05, NOON)
    assert not bucket.spent_for_the_day(0.1, NOON + DAY_STALE)

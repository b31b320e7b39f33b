"""Budgets as values: a token bucket that all workers of one credential share (P6).

Workers take tokens in small slices, so that a slice, not a request, costs a write to the
store. A 429 blocks the bucket for everyone. Backfill leaves a reserve for the hourly pull.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

RESERVE = 0.2
"""The part of a full bucket that only hourly windows may use."""

DAY_STALE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What one credential may still send."""

    per_minute: float
    tokens: float
    filled_at: datetime
    blocked_until: datetime | None = None
    day_left: int | None = None
    """Requests left in the vendor's daily allowance, where it tells."""
    day_max: int | None = None
    day_at: datetime | None = None
    """When the vendor told so; what is older than DAY_STALE is not believed, or a spent day would never end."""

    @classmethod
    def full(cls, per_minute: float, now: datetime) -> "Bucket":
        """A bucket nobody has taken from: a tenth of a minute's requests, at least one."""
        return cls(per_minute=per_minute, tokens=burst(per_minute), filled_at=now)

    def refill(self, now: datetime) -> "Bucket":
        """Add what has flowed in; a clock that stepped back adds nothing and does not take."""
        passed = max(0.0, (now - self.filled_at).total_seconds())
        tokens = min(burst(self.per_minute), self.tokens + passed * self.per_minute / 60)
        return replace(self, tokens=tokens, filled_at=now)

    def take(self, want: int, now: datetime, *, reserve: float = 0.0) -> "tuple[Bucket, int, float]":
        """Take up to `want` tokens: (the bucket after, how many, seconds to wait if none)."""
        bucket = self.refill(now)
        if bucket.blocked_until is not None:
            if bucket.blocked_until > now:
                return bucket, 0, (bucket.blocked_until - now).total_seconds()
            bucket = replace(bucket, blocked_until=None)
        floor = burst(self.per_minute) * reserve if burst(self.per_minute) > 1 else 0.0
        granted = min(want, int(bucket.tokens - floor))
        if granted < 1:
            return bucket, 0, (1 + floor - bucket.tokens) * 60 / self.per_minute
        return replace(bucket, tokens=bucket.tokens - granted), granted, 0.0

    def block(self, seconds: float, now: datetime) -> "Bucket":
        """Everyone waits: no token until then, and none saved up for after."""
        until = now + timedelta(seconds=seconds)
        later = until if self.blocked_until is None else max(until, self.blocked_until)
        return replace(self.refill(now), tokens=0.0, blocked_until=later)

    def spent_for_the_day(self, reserve: float, now: datetime) -> bool:
        """Whether the daily allowance is down to the part that is kept for the tenant's own use."""
        if self.day_left is None or not self.day_max or self.day_at is None or now - self.day_at >= DAY_STALE:
            return False
        return self.day_left <= self.day_max * reserve


def burst(per_minute: float) -> float:
    """How many requests may go at once: a tenth of a minute's."""
    return max(1.0, per_minute / 10)


def slice_size(per_minute: float) -> int:
    """How many tokens a worker takes from the store at a time: what it sends in about a second."""
    return max(1, int(per_minute / 60))

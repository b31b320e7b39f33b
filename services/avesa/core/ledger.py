"""The states of a window and the only ways between them.

    planned ──claim──▶ pulling ──land──▶ landed ──merge──▶ merged
       ▲                 │ ├──partial──▶ partial ─┐
       │                 │ └──fail─────▶ failed  ─┤
       └────── retry at `retry_at` ───────────────┘
    (a window that is too much is split: it goes, its halves come)

A claim always has an expiry. `run` is the fencing token: each claim makes a new one, raw
objects carry it in their names, and a write is refused once the stored entry has moved on.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from avesa.core.windows import Window

FIRST_RETRY = timedelta(minutes=15)
LAST_RETRY = timedelta(hours=12)


class State(StrEnum):
    """Where a window is on its way."""

    PLANNED = "planned"
    PULLING = "pulling"
    LANDED = "landed"
    MERGED = "merged"
    PARTIAL = "partial"
    FAILED = "failed"


class Kind(StrEnum):
    """Why a window was planned; the hourly pull goes first when the budget is short."""

    HOURLY = "hourly"
    BACKFILL = "backfill"
    AGAIN = "again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One window of one tenant's one entity, with all that is known of it."""

    tenant: str
    source: str
    entity: str
    window: Window
    kind: Kind
    state: State = State.PLANNED
    attempts: int = 0
    run: str = ""
    owner: str = ""
    until: datetime | None = None
    """The claim's expiry, while pulling."""
    queued_at: datetime | None = None
    """When its message was last sent."""
    retry_at: datetime | None = None
    reason: str = ""
    counted: int | None = None
    """Rows the source said the window holds."""
    landed: int | None = None
    """Distinct keys that are in the lake."""
    hidden: int = 0
    """Rows the source counts but does not show this credential."""
    parts: int = 0
    landed_at: datetime | None = None
    merged_at: datetime | None = None

    def claimable(self, now: datetime) -> bool:
        """Whether a worker may take it: not landed, and nobody works on it now."""
        if self.state is State.PULLING:
            return self.until is None or self.until <= now
        return self.state in {State.PLANNED, State.PARTIAL, State.FAILED}

    def due(self, now: datetime, resend_after: timedelta) -> bool:
        """Whether a message should be (re)sent for it: never sent, lost, or its retry time has come."""
        if not self.claimable(now):
            return False
        if self.retry_at is not None:
            return self.retry_at <= now
        return self.queued_at is None or self.queued_at + resend_after <= now

    def claim(self, run: str, owner: str, now: datetime, lasting: timedelta) -> "Entry":
        """Take it, with a new fencing token and an expiry."""
        return replace(
            self, state=State.PULLING, run=run, owner=owner, until=now + lasting,
            attempts=self.attempts + 1, retry_at=None,
        )  # fmt: skip

    def land(self, *, counted: int, landed: int, hidden: int, parts: int, now: datetime) -> "Entry":
        """All rows are in the lake and proven."""
        return replace(
            self, state=State.LANDED, counted=counted, landed=landed, hidden=hidden, parts=parts,
            landed_at=now, until=None, reason="", retry_at=None,
        )  # fmt: skip

    def stop(self, state: State, reason: str, now: datetime) -> "Entry":
        """It could not be proven (partial) or pulled (failed): tried again after a doubling pause."""
        pause = min(FIRST_RETRY * 2 ** min(self.attempts - 1, 10), LAST_RETRY) if self.attempts else FIRST_RETRY
        return replace(self, state=state, reason=reason, until=None, retry_at=now + pause)

    def give_back(self) -> "Entry":
        """The worker stops or waits for the source; the attempt does not count."""
        return replace(self, state=State.PLANNED, until=None, attempts=max(0, self.attempts - 1))

    def merge(self, now: datetime) -> "Entry":
        """Its rows are published."""
        return replace(self, state=State.MERGED, merged_at=now)

    def split(self) -> "tuple[Entry, Entry] | None":
        """Two planned halves in its place, or None when it cannot be halved."""
        halves = self.window.halves()
        if halves is None:
            return None
        fresh = Entry(tenant=self.tenant, source=self.source, entity=self.entity, window=self.window, kind=self.kind)
        return replace(fresh, window=halves[0]), replace(fresh, window=halves[1])

"""What of an entity is proven: the item behind a watermark.

    origin          anchor                 planned_to
      │   backfill, newest first │  hourly windows │
      ├──────────────────────────┼─────────────────┤
           proven: a few joined intervals

The watermark is the end of the proven interval that holds the anchor: it never passes a
window that is missing (P2). Intervals are joined, so the item stays small (T11).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from avesa.core.windows import Window, union


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The proven part of one tenant's one entity."""

    origin: datetime
    """Where the backfill starts; nothing older is asked for."""
    anchor: datetime
    """When the entity was first planned: backfill ends and hourly windows begin here."""
    planned_to: datetime
    """The end of the newest planned window."""
    proven: tuple[Window, ...] = ()
    rows: int = 0
    """Rows landed in all windows so far; a row pulled twice counts twice."""
    hidden: int = 0
    """Rows the source counted and did not show."""
    landed_at: datetime | None = None
    """When a window landed last."""

    @property
    def watermark(self) -> datetime | None:
        """The end of the contiguous proven part, None before the newest backfill window is in."""
        for window in self.proven:
            if window.start < self.anchor <= window.end:
                return window.end
        return None

    @property
    def complete_from(self) -> datetime | None:
        """The start of the contiguous proven part that ends at the watermark."""
        for window in self.proven:
            if window.start < self.anchor <= window.end:
                return window.start
        return None

    @property
    def complete(self) -> bool:
        """Whether all that was planned is proven."""
        return any(w.start <= self.origin and w.end >= self.planned_to for w in self.proven)

    def prove(self, window: Window, *, rows: int, hidden: int, at: datetime) -> "Coverage":
        """Add a landed window."""
        return replace(
            self, proven=union((*self.proven, window)), rows=self.rows + rows, hidden=self.hidden + hidden, landed_at=at
        )

    def plan_to(self, end: datetime) -> "Coverage":
        """Move the end of what is planned; it never moves back."""
        return replace(self, planned_to=max(self.planned_to, end))

"""Half-open UTC windows `[start, end)`: the only unit of pulling."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND = timedelta(seconds=1)
"""The finest step of every source's change time (ConnectWise and ServiceNow keep whole seconds)."""

FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def text(moment: datetime) -> str:
    """Write a moment as messages and keys hold it: UTC, whole seconds, trailing Z."""
    return moment.astimezone(UTC).strftime(FORMAT)


def moment(written: str) -> datetime:
    """Read what `text` wrote; ValueError for anything else."""
    return datetime.strptime(written, FORMAT).replace(tzinfo=UTC)


def whole(moment: datetime) -> datetime:
    """Cut a moment to whole seconds."""
    return moment.replace(microsecond=0)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """An interval of change times that holds `start` and does not hold `end`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.utcoffset() != timedelta(0) or self.end.utcoffset() != timedelta(0):
            raise ValueError("a window is in UTC")
        if self.start >= self.end:
            raise ValueError(f"a window must end after it starts: {self}")

    def __str__(self) -> str:
        return f"{text(self.start)}..{text(self.end)}"

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start

    def halves(self) -> "tuple[Window, Window] | None":
        """Split in the middle, on a whole second; None when one second is left (T9)."""
        middle = whole(self.start + self.length / 2)
        if middle <= self.start:
            return None
        return Window(self.start, middle), Window(middle, self.end)


def chunks(span: Window, size: timedelta) -> Iterator[Window]:
    """Cut a span into windows of `size`, newest first; the oldest takes what is left."""
    end = span.end
    while end > span.start:
        start = max(span.start, end - size)
        yield Window(start, end)
        end = start


def union(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Join windows that touch or overlap: the smallest ordered set that covers the same moments."""
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and window.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return tuple(joined)


def gaps(span: Window, covered: Iterable[Window]) -> tuple[Window, ...]:
    """What of a span no window covers, in order."""
    missing: list[Window] = []
    start = span.start
    for window in union(covered):
        if window.start >= span.end:
            break
        if window.start > start:
            missing.append(Window(start, window.start))
        start = max(start, window.end)
    if start < span.end:
        missing.append(Window(start, span.end))
    return tuple(missing)

"""Values that change without a new stamp, such as formulas, are pulled again on a schedule of their own (T21).

The past is gone through once in every cycle, a slice at each plan, so that the load is even and
no plan needs to remember more than when the one before it was made.
"""

from datetime import UTC, datetime, timedelta

from avesa.core.windows import Window, whole

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def due(first: datetime, last: datetime, now: datetime, every: timedelta) -> tuple[Window, ...]:
    """The parts of the past whose turn came between two plans.

    `first` is the change time of the oldest row; `last` and `now` are when the plans were made.
    """
    if now - last >= every:
        return _window(first, now)
    start, end = _reached(first, last, every), _reached(first, now, every)
    if start <= end:
        return _window(start, end)
    return (*_window(start, now), *_window(first, end))


def _reached(first: datetime, at: datetime, every: timedelta) -> datetime:
    """How far a cycle has come: it starts at the oldest row and ends at its own present."""
    return first + (at - first) * (((at - _EPOCH) % every) / every)


def _window(start: datetime, end: datetime) -> tuple[Window, ...]:
    start, end = whole(start), whole(end)
    return (Window(start, end),) if start < end else ()

"""Structured logs: JSON for machines, lines for people; each bound to its message's ids.

Secrets never get here: no request, header or credential is logged. As a second fence, values
under names that sound like secrets are masked.
"""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import stamina
import structlog

from avesa.core.messages import Message
from avesa.ports import Delivery
from avesa.settings import Settings

_SECRET_NAMES = ("secret", "password", "token", "authorization", "private_key", "assertion")
_IDS = ("tenant", "source", "entity", "table", "start", "end", "trace")


def configure(settings: Settings, *, told: bool = False) -> None:
    """Set up logging once per process; logs go to standard error.

    A command that has `told` its user what went wrong does not log it as well, unless a level below is asked for.
    """
    level = getattr(logging, settings.log_level.upper())
    if told and level >= logging.WARNING:
        level = logging.CRITICAL
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(message)s")
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if settings.log_json
        else [_without_traceback, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    stamina.instrumentation.set_on_retry_hooks([])  # every request is an event already
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            mask,
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def logger() -> Any:
    """The logger of whoever asks."""
    return structlog.get_logger()


@contextmanager
def bound(message: Message, delivery: Delivery, queue: str) -> Iterator[None]:
    """Put a message's ids on every line that is logged meanwhile."""
    ids = {name: value for name in _IDS if (value := getattr(message, name, ""))}
    with structlog.contextvars.bound_contextvars(queue=queue, message=delivery.id, **ids):
        yield


def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide values whose name sounds like a secret."""
    for name in event:
        if any(part in name.lower() for part in _SECRET_NAMES):
            event[name] = "***"
    return event


def _without_traceback(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("exc_info", None)
    return event

"""Logs carry ids and never a secret (P8)."""

import json
import logging

import pytest
import structlog

from avesa import log
from avesa.core.messages import Ingest
from avesa.ports import Delivery
from avesa.settings import Settings

CANARY = "s3cr3t-canary-7f"
MESSAGE = Ingest(
    tenant="acme", source="connectwise", entity="service/tickets", trace="00-ab",
    start="2026-01-01T00:00:00Z", end="2026-01-02T00:00:00Z",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _as_before():
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)


@pytest.fixture
def lines(capsys):
    """Log at the level given and return the lines, parsed."""

    def read(**settings):
        log.configure(Settings(log_json=True, **settings))
        return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    return read


def test_every_line_names_its_message(lines):
    """Tenant, window, message and trace stand on each line that is logged while a message is worked on."""
    found = lines(log_level="info")
    with log.bound(MESSAGE, Delivery("m-1", b"", "r-1", 1), "connectwise-ingestion"):
        log.logger().info("window landed", action="land", rows=3)
    log.logger().info("afterwards")
    within, after = found()
    wanted = {
        "queue": "connectwise-ingestion", "message": "m-1", "tenant": "acme", "source": "connectwise",
        "entity": "service/tickets", "start": MESSAGE.start, "end": MESSAGE.end, "trace": "00-ab",
        "action": "land", "rows": 3, "level": "info", "event": "window landed",
    }  # fmt: skip
    assert wanted.items() <= within.items()
    assert "tenant" not in after
    assert "timestamp" in after


@pytest.mark.parametrize(
    "name", ["client_secret", "Password", "access_token", "authorization", "private_key", "assertion"]
)
def test_what_sounds_like_a_secret_is_masked(lines, name):
    """P8: as a second fence; nothing that is secret should be logged at all."""
    found = lines(log_level="info")
    log.logger().info("signed in", **{name: CANARY})
    assert found()[0][name] == "***"


def test_a_traceback_is_one_line_for_machines(lines):
    """CloudWatch takes a line for an event."""
    found = lines(log_level="info")
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        log.logger().warning("message failed", exc_info=error)
    (line,) = found()
    assert "ZeroDivisionError" in line["exception"]


def test_people_see_no_traceback(capsys):
    """A terminal shows what happened, not where in the program."""
    log.configure(Settings())
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        log.logger().warning("message failed", reason="division", exc_info=error)
    written = capsys.readouterr().err
    assert "division" in written
    assert "Traceback" not in written


def test_what_is_below_the_level_is_not_logged(lines):
    """Debug lines cost nothing where nobody asked for them."""
    found = lines(log_level="warning")
    log.logger().info("chatter")
    assert found() == []

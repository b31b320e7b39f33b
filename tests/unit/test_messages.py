"""Messages are read strictly: what is not ours says why and is never worked on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avesa.core.messages import MOST_BYTES, Backfill, Ingest, Plan, Reprocess, Tick, Transform, parse
from avesa.errors import BadMessage

GOOD = [
    Tick(slot="2026-11-28T10:00:00Z"),
    Plan(tenant="acme", source="connectwise"),
    Ingest(
        tenant="acme", source="connectwise", entity="service/tickets",
        start="2026-01-01T00:00:00Z", end="2026-01-02T00:00:00Z",
    ),
    Backfill(tenant="acme", source="connectwise", start="2026-01-01T00:00:00Z"),
    Transform(tenant="acme", table="tickets", trace="00-ab"),
    Reprocess(tenant="acme", table="tickets"),
]  # fmt: skip


@pytest.mark.parametrize("message", GOOD, ids=lambda message: type(message).__name__)
def test_every_message_survives_the_queue(message):
    """What is sent is what is read."""
    assert parse(message.encode()) == message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"kind":"drop","tenant":"acme"}',
        b'{"kind":"plan","v":2,"tenant":"acme","source":"connectwise"}',
        b'{"kind":"plan","tenant":"acme"}',
        b'{"kind":"plan","tenant":"../acme","source":"connectwise"}',
        b'{"kind":"plan","tenant":"a/b","source":"connectwise"}',
        b'{"kind":"plan","tenant":"acme","source":"connectwise","sql":"select 1"}',
        b'{"kind":"transform","tenant":"acme","table":"users"}',
        b'{"kind":"ingest","tenant":"acme","source":"s","entity":"e","start":"yesterday","end":"2026-01-02T00:00:00Z"}',
        b'{"kind":"ingest","tenant":"acme","source":"s","entity":"e","start":"2026-01-02T00:00:00Z","end":"2026-01-02T00:00:00Z"}',
        b'{"kind":"tick","slot":"' + b"x" * MOST_BYTES + b'"}',
    ],
)
def test_what_is_not_ours_is_refused(body):
    """P4, P5: malformed, unknown, oversize or dangerous messages are dead letters with a reason."""
    with pytest.raises(BadMessage, match=r"Not a message|bytes"):
        parse(body)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(body):
    """Whatever is on the queue, the outcome is a message or BadMessage."""
    try:
        parse(body)
    except BadMessage:
        return

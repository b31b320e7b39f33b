"""The messages on the queues: small JSON with a version, no secret, no SQL.

{"kind":"tick","slot":"2026-11-28T10:00:00Z"}                         every tenant of this queue's service
{"kind":"plan","tenant":"acme","source":"connectwise"}                plan and queue what is due
{"kind":"ingest","tenant":"acme","source":"connectwise","entity":"service/tickets","start":"…Z","end":"…Z"}
{"kind":"backfill","tenant":"acme","source":"connectwise","start":"…Z","end":"…Z"}      plan a range again
{"kind":"transform","tenant":"acme","table":"tickets"}                merge what has landed
{"kind":"reprocess","tenant":"acme","table":"tickets"}                rebuild from raw alone
"""

from typing import Any, Literal

import msgspec

from avesa.core.names import TABLES
from avesa.core.tenants import tenant_id
from avesa.core.windows import Window, moment
from avesa.errors import BadMessage, UsageError

MOST_BYTES = 64 * 1024
"""A message is a few hundred bytes; larger ones are not ours."""


class _Message(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True, omit_defaults=True
):
    v: Literal[1] = 1
    trace: str = ""
    """Follows one tick through all the messages it causes; W3C trace id."""

    def encode(self) -> bytes:
        """As it goes onto a queue."""
        return msgspec.json.encode(self)

    @property
    def group(self) -> str:
        """The tenant it belongs to, for fair queues."""
        return str(getattr(self, "tenant", "all"))


class Tick(_Message, tag="tick", frozen=True, kw_only=True):
    """The schedule's hour: becomes one message per tenant."""

    slot: str = ""


class Plan(_Message, tag="plan", frozen=True, kw_only=True):
    """Plan and queue the windows that are due for a tenant's source."""

    tenant: str
    source: str


class Ingest(_Message, tag="ingest", frozen=True, kw_only=True):
    """Pull one window of the ledger; with `again`, one that was pulled before or never planned."""

    tenant: str
    source: str
    entity: str
    start: str
    end: str
    again: bool = False

    @property
    def window(self) -> Window:
        """The window asked for."""
        return Window(moment(self.start), moment(self.end))


class Backfill(_Message, tag="backfill", frozen=True, kw_only=True):
    """Plan a range of one tenant's source (or one entity of it) again; no start means all of it."""

    tenant: str
    source: str
    entity: str = ""
    start: str = ""
    end: str = ""


class Transform(_Message, tag="transform", frozen=True, kw_only=True):
    """Merge what has landed into a table; `accept_deletes` lets through what is held back for being too many."""

    tenant: str
    table: str
    accept_deletes: bool = False


class Reprocess(_Message, tag="reprocess", frozen=True, kw_only=True):
    """Rebuild a table and its history from raw alone."""

    tenant: str
    table: str


Message = Tick | Plan | Ingest | Backfill | Transform | Reprocess
_decoder = msgspec.json.Decoder(Message)


def parse(body: bytes) -> Message:
    """Read a message; BadMessage says what is wrong with it and never repeats its values."""
    if len(body) > MOST_BYTES:
        raise BadMessage(f"The message has {len(body)} bytes; ours have at most {MOST_BYTES}.")
    try:
        message: Message = _decoder.decode(body)
        _check(message)
    except (msgspec.DecodeError, UnicodeDecodeError, UsageError, ValueError) as error:
        raise BadMessage(f"Not a message of version 1: {error}") from None
    return message


def group_of(body: bytes) -> str:
    """The group of a message as it lies on a queue; what is not ours has none of its own."""
    try:
        return parse(body).group
    except BadMessage:
        return "all"


def _check(message: Any) -> None:
    if tenant := getattr(message, "tenant", ""):
        tenant_id(tenant)
    if (table := getattr(message, "table", "")) and table not in TABLES:
        raise UsageError(f"{table!r} is not a table; there are {', '.join(TABLES)}.")
    for name in ("start", "end"):
        if written := getattr(message, name, ""):
            moment(written)
    if isinstance(message, Ingest):
        _ = message.window

"""SOQL: windows by SystemModstamp, in (time, Id) order, deleted rows included.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote_plus

import msgspec

from avesa.core.entity import Entity
from avesa.core.windows import Window, text
from avesa.errors import SourceUnavailable
from avesa.sources.dialect import Flow, Request, Response, Session
from avesa.sources.salesforce_errors import usable
from avesa.sources.salesforce_sign_in import data

STAMP = "%Y-%m-%dT%H:%M:%S.%f%z"

URI_MOST = 16_384
"""Bytes of a URI before Salesforce answers 414 (T20)."""

Cursor = tuple[str, str]
"""The time and Id of the last row."""


def where(entity: Entity, window: Window, after: Cursor | None = None) -> str:
    """The window's rows after a cursor; `>=` and the Id break ties (T3)."""
    time, key, end = entity.time, entity.key, text(window.end)
    since = f"{time} >= {text(window.start)}"
    if after is not None:
        stamp = after[0].replace("+0000", "Z")
        since = f"({time} > {stamp} OR ({time} = {stamp} AND {key} > '{after[1]}'))"
    own = entity.options.get("where")
    return f"{since} AND {time} < {end}" + (f" AND ({own})" if own else "")


def select(entity: Entity, columns: Iterable[str], condition: str, *, ordered: bool = True) -> str:
    """One SELECT; Bulk's goes unordered, since ORDER BY turns its chunking off."""
    order = f" ORDER BY {entity.time}, {entity.key}" if ordered else ""
    return f"SELECT {', '.join(columns)} FROM {entity.collection} WHERE {condition}{order}"


def query(session: Session, soql: str) -> Request:
    """Send SOQL to queryAll, which shows deleted and archived rows too."""
    return Request("GET", data(session, "queryAll"), params=(("q", soql),), judged=False)


def fits(session: Session, soql: str) -> bool:
    """Whether the query fits into a URI (T20)."""
    return len(f"{data(session, 'queryAll')}?q={quote_plus(soql)}") <= URI_MOST


class Answer(msgspec.Struct):
    """A page of a query; its records stay raw."""

    done: bool
    totalSize: int = 0  # noqa: N815  the vendor's spelling
    nextRecordsUrl: str = ""  # noqa: N815
    records: list[msgspec.Raw] = []


def answer(response: Response) -> Answer:
    """Read a page's frame."""
    try:
        return msgspec.json.decode(response.body, type=Answer)
    except msgspec.DecodeError:
        raise SourceUnavailable("Salesforce answered 200 with something else than a query's result.") from None


def count(entity: Entity, window: Window, session: Session) -> Flow[int]:
    """Count the window's rows, deleted ones included."""
    response = yield query(session, f"SELECT COUNT() FROM {entity.collection} WHERE {where(entity, window)}")
    return answer(response).totalSize if usable(response, entity) else 0


def oldest(entity: Entity, session: Session) -> Flow[str]:
    """Ask for the first row by change time."""
    own = entity.options.get("where")
    condition = f" WHERE {own}" if own else ""
    soql = f"SELECT {entity.time} FROM {entity.collection}{condition} ORDER BY {entity.time} LIMIT 1"
    response = yield query(session, soql)
    records = answer(response).records if usable(response, entity) else []
    row: dict[str, Any] = msgspec.json.decode(records[0]) if records else {}
    return str(row.get(entity.time) or "")

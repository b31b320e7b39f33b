"""ServiceNow's keyset walk, past rows that rights hide and answers that break off.

The limit is applied before rights are: a page may be short, even empty, while rows remain
(T6). A request that runs over its 60 seconds still says 200 and ends its rows with an error.
"""

from dataclasses import dataclass

import msgspec

from avesa.core.entity import Entity
from avesa.core.windows import Window
from avesa.errors import Split, Unproven
from avesa.sources.dialect import Landed, Page, Proof, Response, Session, Walk
from avesa.sources.servicenow_errors import judge, total, usable
from avesa.sources.servicenow_query import STAMP, Cursor, between, table

SMALLEST = 25
"""Rows a page holds at least; a window that cannot give so many in its time is split."""


class _Answer(msgspec.Struct):
    result: list[msgspec.Raw]
    error: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    status: str = ""


@dataclass(slots=True)
class _Place:
    """Where the walk stands: after a row, and past `offset` hidden ones."""

    limit: int
    after: Cursor | None = None
    offset: int = 0
    shown: int = 0
    matched: int = 0
    """Rows that the first answer said to match."""
    widest: int = 100
    """Rows that a page is known to reach over: an instance may clamp the limit without a word."""

    def hidden(self) -> Proof:
        """Tell what was counted and never shown."""
        hidden = max(0, self.matched - self.shown)
        note = f"{hidden} of {self.matched} rows are counted but not shown: an ACL hides them from the user."
        return Proof(hidden, (note,) if hidden else ())


def walk(entity: Entity, window: Window, session: Session, count: int) -> Walk:
    """Yield every page that shows rows; end where nothing more matches, never at a short page."""
    if not count:
        return Proof()
    place = _Place(entity.page_size)
    while True:
        query = between(entity, window, place.after)
        response = yield table(
            session, entity, query, _fields(entity), limit=place.limit, offset=place.offset, judged=False
        )
        if not usable(response, entity):
            return Proof(notes=(f"{entity.collection} is not there for this user.",))
        judge(response)
        rows = _whole(response)
        if rows is None:
            _halve(place)
            continue
        place.matched = place.matched or total(response)
        if rows:
            landed = yield Page(response.body, envelope="result")
            _advance(place, landed, window)
        else:
            place.offset += min(place.limit, place.widest)
        if _ended(place, rows, total(response)):
            return place.hidden()


def _fields(entity: Entity) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*entity.fields, entity.key, entity.time)))


def _whole(response: Response) -> int | None:
    """How many rows an unbroken answer holds; None where an error follows the rows or the JSON is damaged."""
    try:
        answer = msgspec.json.decode(response.body, type=_Answer)
    except msgspec.DecodeError:
        return None
    broken = answer.error is not msgspec.UNSET or answer.status == "failure"
    return None if broken else len(answer.result)


def _halve(place: _Place) -> None:
    place.limit //= 2
    if place.limit < SMALLEST:
        raise Split("ServiceNow breaks off its answer to this window even for small pages.")


def _advance(place: _Place, landed: Landed, window: Window) -> None:
    """Move behind the page's last row; Unproven if the instance ignored a part of the query (T7)."""
    last = (landed.last_time, landed.last_key)
    if last == place.after or last[0] < (place.after or last)[0]:
        raise Unproven("ServiceNow sent the same page again: it ignores a part of the query.")
    if not window.start.strftime(STAMP) <= last[0] < window.end.strftime(STAMP):
        raise Unproven(f"ServiceNow sent a row of {last[0]}, outside {window}: it ignores a part of the query.")
    place.after, place.offset, place.shown = last, 0, place.shown + landed.rows
    place.widest = max(place.widest, landed.rows)


def _ended(place: _Place, rows: int, matched: int) -> bool:
    """The end: all that matched was shown, or every offset up to the total was empty."""
    return rows == matched if rows else place.offset >= matched

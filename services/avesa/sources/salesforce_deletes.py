"""The log of deletes, `/sobjects/{object}/deleted`: 15 days back, by the minute (T15).

Rows in the recycle bin come with queryAll; this log also tells of those that are gone for good.
An entity reads it with `options: {api: deleted}`; its key is `id` and its time `deletedDate`.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import msgspec

from avesa.core.entity import Entity
from avesa.core.windows import Window, text
from avesa.errors import SourceUnavailable
from avesa.sources.dialect import Flow, Page, Proof, Request, Response, Session, Walk
from avesa.sources.salesforce_errors import told, usable
from avesa.sources.salesforce_ids import id18
from avesa.sources.salesforce_query import STAMP
from avesa.sources.salesforce_sign_in import data

HORIZON = timedelta(days=15)
MINUTE = timedelta(minutes=1)


class Deleted(msgspec.Struct):
    """One record that is gone."""

    id: str
    deletedDate: str  # noqa: N815  the vendor's spelling


class _Log(msgspec.Struct):
    deletedRecords: list[Deleted]  # noqa: N815
    earliestDateAvailable: str = ""  # noqa: N815


@dataclass(frozen=True, slots=True)
class _Part:
    """What the log holds of a window."""

    records: tuple[Deleted, ...] = ()
    notes: tuple[str, ...] = ()


def told_by(entity: Entity) -> bool:
    """Whether an entity is a log of deletes."""
    return entity.options.get("api") == "deleted"


def oldest() -> Flow[str]:
    """The log has no oldest row to ask for."""
    yield from ()
    return ""


def count(entity: Entity, window: Window, session: Session) -> Flow[int]:
    """Count the window's deletes; the log has no cheaper way than reading it."""
    part = yield from _read(entity, window, session)
    return len(part.records)


def walk(entity: Entity, window: Window, session: Session) -> Walk:
    """Read the window's deletes: one answer, at most 600,000 ids."""
    part = yield from _read(entity, window, session)
    if part.records:
        yield Page(msgspec.json.encode(part.records))
    return Proof(notes=part.notes)


def _read(entity: Entity, window: Window, session: Session) -> Flow[_Part]:
    """Ask in whole minutes and keep what is inside; before the horizon there is nothing to ask for."""
    response = yield _ask(entity, window, session)
    notes: tuple[str, ...] = ()
    if told(response)[0] == "INVALID_REPLICATION_DATE":
        horizon = _horizon(response)
        notes = (f"Deletes before {text(horizon)} are older than Salesforce keeps them.",)
        if window.end <= horizon:
            return _Part(notes=notes)
        window = Window(max(horizon, window.start), window.end)
        response = yield _ask(entity, window, session)
    if not usable(response, entity):
        return _Part(notes=(f"{entity.collection} is not there for this user.",))
    log = _log(response)
    inside = tuple(
        Deleted(id18(row.id), row.deletedDate) for row in log.deletedRecords if _moment(row.deletedDate) in window
    )
    return _Part(inside, notes or _purged(log, window))


def _ask(entity: Entity, window: Window, session: Session) -> Request:
    """Seconds of both ends are ignored by Salesforce, so the end is moved up to the next minute."""
    start = window.start.replace(second=0, microsecond=0)
    end = (window.end + MINUTE - timedelta(microseconds=1)).replace(second=0, microsecond=0)
    params = (("start", text(start)), ("end", text(max(end, start + MINUTE))))
    return Request("GET", data(session, f"sobjects/{entity.collection}/deleted/"), params=params, judged=False)


def _horizon(response: Response) -> datetime:
    """How far back the log may be asked, by Salesforce's own clock, with a minute to spare."""
    return parsedate_to_datetime(response.headers["date"]).astimezone(UTC) - HORIZON + MINUTE


def _purged(log: _Log, window: Window) -> tuple[str, ...]:
    if not log.earliestDateAvailable or _moment(log.earliestDateAvailable) <= window.start:
        return ()
    return (f"Salesforce has purged its log of deletes before {log.earliestDateAvailable}; older ones are missing.",)


def _moment(written: str) -> datetime:
    return datetime.strptime(written, STAMP)  # noqa: DTZ007  the stamp holds the zone


def _log(response: Response) -> _Log:
    try:
        return msgspec.json.decode(response.body, type=_Log)
    except msgspec.DecodeError:
        raise SourceUnavailable("Salesforce answered with something else than a log of deletes.") from None

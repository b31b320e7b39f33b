"""ServiceNow's encoded queries and the request that carries one.

https://www.servicenow.com/docs/bundle/api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from avesa.core.entity import Entity
from avesa.core.windows import Window
from avesa.errors import BadMapping, SourceUnavailable
from avesa.sources.dialect import Request, Response, Session

STAMP = "%Y-%m-%d %H:%M:%S"
"""Stored and queried in UTC; a literal is taken as UTC whatever the user's zone is (T18)."""

Cursor = tuple[str, str]
"""The time and key of the last row that was shown."""


def between(entity: Entity, window: Window, after: Cursor | None = None) -> str:
    """The window's rows after a cursor, in (time, key) order: two groups joined by ^NQ, each with all filters (T3)."""
    time, key, extra = entity.time, entity.key, _extra(entity)
    before = f"{time}<{window.end.strftime(STAMP)}"
    order = f"^ORDERBY{time}^ORDERBY{key}"
    if after is None:
        return f"{time}>={window.start.strftime(STAMP)}^{before}{extra}{order}"
    return f"{time}={after[0]}^{key}>{after[1]}{extra}^NQ{time}>{after[0]}^{before}{extra}{order}"


def everything(entity: Entity) -> str:
    """All rows of the entity, oldest change first."""
    return f"{_extra(entity)}^ORDERBY{entity.time}^ORDERBY{entity.key}".removeprefix("^")


def _extra(entity: Entity) -> str:
    """The entity's own filter: `query`, and `tables` for the classes that deletes are filed under (T15)."""
    query = str(entity.options.get("query", ""))
    if "^NQ" in query or "ORDERBY" in query:
        raise BadMapping(f"mappings/servicenow.yaml: {entity.name}: `query` may hold neither ^NQ nor ORDERBY.")
    tables = ",".join(entity.options.get("tables", ()))
    return "".join(f"^{part}" for part in (query, f"tablenameIN{tables}" if tables else "") if part)


def table(
    session: Session, entity: Entity, query: str, fields: Iterable[str],
    *, limit: int, offset: int = 0, judged: bool = True,
) -> Request:  # fmt: skip
    """Ask for an entity's rows, with the parameters that its options add."""
    extra = tuple((name, str(value)) for name, value in entity.options.get("params", {}).items())
    return read(session, entity.collection, query, fields, limit=limit, offset=offset, judged=judged, extra=extra)


def read(
    session: Session, name: str, query: str = "", fields: Iterable[str] = (),
    *, limit: int, offset: int = 0, judged: bool = True, extra: tuple[tuple[str, str], ...] = (),
) -> Request:  # fmt: skip
    """Ask for rows of a table: raw values, references as bare ids, no Link header (it repeats the URL four times)."""
    params = {
        "sysparm_query": query,
        "sysparm_fields": ",".join(fields),
        "sysparm_limit": str(limit),
        "sysparm_offset": str(offset),
        "sysparm_display_value": "false",
        "sysparm_exclude_reference_link": "true",
        "sysparm_suppress_pagination_header": "true",
    }
    url = f"{session.base_url}/api/now/table/{name}"
    return Request("GET", url, params=(*params.items(), *extra), judged=judged)


class _Rows(msgspec.Struct):
    result: list[dict[str, Any]]


def rows_of(response: Response) -> list[dict[str, Any]]:
    """The rows of a small answer, read whole; not for pages to land."""
    try:
        return msgspec.json.decode(response.body, type=_Rows).result
    except msgspec.DecodeError:
        raise SourceUnavailable("ServiceNow answered 200 with something else than a result.") from None

"""The Table API: lists and single records.

https://www.servicenow.com/docs/bundle/api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html
"""

from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from simulator.servicenow_api import JSON, ServiceNowApi, json
from simulator.servicenow_columns import Form, Table
from simulator.servicenow_errors import CANCELLED, CANCELLED_DETAIL, ServiceNowError, not_found

DEFAULT_LIMIT = 10_000
TIMELY_ROWS = 2_000


class TablePages:
    """`/api/now/table/…`."""

    def __init__(self, api: ServiceNowApi) -> None:
        self._api = api

    async def many(self, request: Request) -> Response:
        """Rows that match: the limit cuts first, then the row rules hide."""
        table = self._api.table(request.path_params["table"])
        rows = self._api.selector.rows(table, query_of(request))
        limit, offset = _number(request, "sysparm_limit", DEFAULT_LIMIT), _number(request, "sysparm_offset", 0)
        self._disturb(table, rows)
        page = self._api.readable(table, rows[offset : offset + limit])
        if not page and request.path_params.get("version") == "v1":
            raise not_found()
        render = self._api.renderer(request, table, fields_of(request, table), form_of(request))
        response = self._body([render(row) for row in page], request)
        self._paged(request, response, len(rows), limit, offset)
        return response

    async def one(self, request: Request) -> Response:
        """One record by sys_id."""
        table = self._api.table(request.path_params["table"])
        row = table.find(request.path_params["sys_id"])
        if row is None or not self._api.readable(table, [row]):
            raise not_found()
        render = self._api.renderer(request, table, fields_of(request, table), form_of(request))
        return json({"result": render(row)})

    async def missing(self, request: Request) -> Response:
        """Any other path."""
        del request
        raise ServiceNowError(400, "Requested URI does not represent any resource", None)

    def _body(self, records: list[dict[str, Any]], request: Request) -> Response:
        """The rows, or a part of them and an error behind: the status was sent before the time was up."""
        faults, asked = self._api.site.faults, str(request.url)
        late = len(records) > 1 and faults.strikes("late-error", asked)
        if late or (len(records) > TIMELY_ROWS and faults.strikes("timeout", asked)):
            error = {"message": CANCELLED, "detail": CANCELLED_DETAIL}
            told = {"result": records[: len(records) // 2], "error": error, "status": "failure"}
            return json(told)
        return Response(b'{"result":' + msgspec.json.encode(records) + b"}", media_type=JSON)

    def _paged(self, request: Request, response: Response, total: int, limit: int, offset: int) -> None:
        if not is_set(request, "sysparm_no_count"):
            response.headers["X-Total-Count"] = str(total)
        if not is_set(request, "sysparm_suppress_pagination_header") and 0 < limit < total:
            host = "http://elsewhere.example" if self._api.site.faults.on("foreign-links") else ""
            response.headers["Link"] = link_header(request, total, limit, offset, host)

    def _disturb(self, table: Table, rows: list[Any]) -> None:
        """Faults that change a row while its list is read."""
        source = getattr(table, "table", None)
        row = rows[len(rows) // 2] if rows else None
        if source is None or row is None or row.id not in source.live:
            return
        if self._api.site.faults.strikes("deletes", table.name):
            self._api.site.world.delete(source.name, row.id)
        elif self._api.site.faults.strikes("edits", table.name):
            self._api.site.world.edit(source.name, row.id)


def query_of(request: Request) -> str:
    """sysparm_query, or what plain `field=value` parameters say."""
    given = request.query_params.get("sysparm_query")
    if given is not None:
        return given
    plain = [(name, value) for name, value in request.query_params.items() if not name.startswith("sysparm_")]
    return "^".join(f"{name}={value}" for name, value in plain)


def fields_of(request: Request, table: Table) -> list[str]:
    """The columns asked for, or all; the record leaves unknown ones out."""
    given = [name.strip() for name in request.query_params.get("sysparm_fields", "").split(",") if name.strip()]
    return given or list(table.columns)


def form_of(request: Request) -> Form:
    """How values are to be shown."""
    display = request.query_params.get("sysparm_display_value", "false").lower()
    return Form(
        display if display in {"true", "all"} else "false", not is_set(request, "sysparm_exclude_reference_link")
    )


def is_set(request: Request, name: str) -> bool:
    """Whether a boolean parameter is true; clients write it with a capital too."""
    return request.query_params.get(name, "").lower() == "true"


def link_header(request: Request, total: int, limit: int, offset: int, host: str = "") -> str:
    """The Link header as live instances send it: no space after `;`, and prev may be below 0."""
    last = (total - 1) // limit * limit
    places = {"first": 0, "prev": offset - limit, "next": offset + limit, "last": last}
    if offset + limit >= total:
        del places["next"]
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "sysparm_offset"]
    base = f"{host or str(request.base_url).rstrip('/')}{request.url.path}"
    return ",".join(
        f'<{base}?{urlencode([*kept, ("sysparm_offset", str(at))])}>;rel="{name}"' for name, at in places.items()
    )


def _number(request: Request, name: str, usual: int) -> int:
    """A number parameter; nonsense counts as not given."""
    text = request.query_params.get(name, "")
    return int(text) if text.isdigit() else usual

"""The query pages: `query`, `queryAll`, and the cursors that lead through long results.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm
"""

import re
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from simulator.salesforce_api import SalesforceApi, json
from simulator.salesforce_engine import Answer, run
from simulator.salesforce_errors import SalesforceError
from simulator.salesforce_ids import record_id
from simulator.salesforce_soql import parse

MOST_PER_PAGE, LEAST_PER_PAGE = 2000, 200
CURSOR_SECONDS = 2 * 86400
CURSORS = 500
URI_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Cursor:
    """A result that is read page by page."""

    answer: Answer
    until: int


class QueryPages:
    """`/query`, `/queryAll` and their cursors."""

    def __init__(self, api: SalesforceApi) -> None:
        self._api = api
        self._cursors: dict[str, Cursor] = {}
        self._number = 0

    async def query(self, request: Request) -> Response:
        """Rows that are not deleted and not archived."""
        return self._first(request, hidden=False)

    async def query_all(self, request: Request) -> Response:
        """Deleted and archived rows too; the next pages are `/query/` all the same."""
        return self._first(request, hidden=True)

    async def more(self, request: Request) -> Response:
        """The next page of a cursor: its id, a dash and the row it starts at."""
        found = re.fullmatch(r"(\w{15,18})-(\d+)", request.path_params["locator"])
        identifier, first = (found[1], int(found[2])) if found else ("", 0)
        cursor = self._cursors.get(identifier)
        lost = self._api.site.faults.strikes("lost-cursor", identifier)
        if lost or cursor is None or cursor.until <= self._api.site.world.now or first >= len(cursor.answer.rows):
            raise SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(request, identifier, cursor.answer, first)

    def _first(self, request: Request, *, hidden: bool) -> Response:
        if len(str(request.url)) > URI_BYTES:
            raise SalesforceError(414, "URI_TOO_LONG", "URI Too Long")
        text = request.query_params.get("q", "")
        if not text.strip():
            raise SalesforceError(400, "MALFORMED_QUERY", "SOQL statements cannot be empty or null")
        version = "v" + request.path_params["version"]
        answer = run(self._api.org, parse(text), version, hidden=hidden)
        if answer.total > MOST_PER_PAGE and self._api.site.faults.strikes("query-timeout", text):
            raise SalesforceError(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
        self._disturb(answer)
        self._number += 1
        return self._page(request, record_id("0r8", self._number), answer, 0)

    def _page(self, request: Request, identifier: str, answer: Answer, first: int) -> Response:
        last = min(len(answer.rows), first + self._size(request))
        body: dict[str, Any] = {"totalSize": answer.total, "done": last >= len(answer.rows)}
        if not body["done"]:
            self._keep(identifier, answer)
            body["nextRecordsUrl"] = f"/services/data/v{request.path_params['version']}/query/{identifier}-{last}"
        body["records"] = [answer.render(row) for row in answer.rows[first:last]]
        return json(body)

    def _size(self, request: Request) -> int:
        if self._api.site.faults.on("clamp"):
            return 100
        wanted = re.search(r"batchSize=(\d+)", request.headers.get("sforce-query-options", ""))
        return min(MOST_PER_PAGE, max(LEAST_PER_PAGE, int(wanted[1]))) if wanted else MOST_PER_PAGE

    def _keep(self, identifier: str, answer: Answer) -> None:
        if identifier not in self._cursors:
            self._cursors[identifier] = Cursor(answer, self._api.site.world.now + CURSOR_SECONDS)
        while len(self._cursors) > CURSORS:
            del self._cursors[next(iter(self._cursors))]

    def _disturb(self, answer: Answer) -> None:
        """Faults that change a row while its list is read."""
        source = self._api.org.rows[answer.sobject.name]
        table = getattr(source, "table", None)
        row: Any = answer.rows[len(answer.rows) // 2] if answer.rows else None
        if table is None or getattr(row, "id", None) not in table.live:
            return
        if self._api.site.faults.strikes("deletes", answer.sobject.name):
            self._api.site.world.delete(table.name, row.id)
        elif self._api.site.faults.strikes("edits", answer.sobject.name):
            self._api.site.world.edit(table.name, row.id)

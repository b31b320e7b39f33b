"""What every page of the instance shares: sign-in, sessions, headers, errors, rights."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from simulator.servicenow_auth import ServiceNowCredentials, Tokens
from simulator.servicenow_columns import Column, Form, Table, shown
from simulator.servicenow_errors import ServiceNowError
from simulator.servicenow_instance import ServiceNowInstance
from simulator.servicenow_people import add_people
from simulator.servicenow_select import Selector
from simulator.servicenow_tasks import add_tasks
from simulator.servicenow_work import add_work
from simulator.site import Site
from simulator.world import genes

Page = Callable[[Request], Awaitable[Response]]

JSON = "application/json;charset=UTF-8"
URI_BYTES = 16_384
WEEK = 7 * 86400


class ServiceNowApi:
    """The instance, its sessions and its rights."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.instance = ServiceNowInstance(site)
        add_tasks(self.instance)
        add_people(self.instance)
        add_work(self.instance)
        self.selector = Selector(self.instance)
        self.credentials = ServiceNowCredentials(
            username="avesa.integration",
            password=site.secret("sn-password", 16),
            client_id=site.secret("sn-client", 32),
            client_secret=site.secret("sn-secret", 32)[::-1],
        )
        self.tokens = Tokens(self.credentials, lambda: site.world.now)
        self._transactions = 0

    def guarded(self, page: Page) -> Page:
        """Let a page answer signed-in requests only, and turn its errors into the vendor's answers."""

        async def answer(request: Request) -> Response:
            try:
                self._let_in(request)
                if request.cookies.get("JSESSIONID") and self.site.faults.strikes("session-overflow", str(request.url)):
                    return Response(status_code=202)
                response = await page(request)
            except ServiceNowError as error:
                response = Response(error.body(), error.status, media_type=JSON)
            self._mark(response)
            return response

        return answer

    def table(self, name: str) -> Table:
        """A table that the user may read."""
        shut = name == "sys_audit_delete" and self.site.faults.on("no-audit")
        if shut or self.site.faults.strikes("forbidden", name):
            raise ServiceNowError(403, "Insufficient rights to query records", None)
        found = self.instance.tables.get(name)
        if found is None or (name == "time_card" and not self.site.faults.on("time-cards")):
            raise ServiceNowError(400, f"Invalid table {name}", None)
        return found

    def readable(self, table: Table, rows: Iterable[Any]) -> list[Any]:
        """The rows that the row rules show: a fault hides some, here and there and whole weeks of them."""
        if not self.site.faults.on("acl"):
            return list(rows)
        return [row for row in rows if not self._hidden(table, row)]

    def _hidden(self, table: Table, row: Any) -> bool:
        """Rows of one week in twelve, and one in fifty of the others."""
        key = int(table.columns["sys_id"].read(row)[:8], 16)
        return key % 50 == 0 or genes(self.site.world.seed, table.second(row) // WEEK, 5) % 12 == 0

    def renderer(self, request: Request, table: Table, fields: Iterable[str], form: Form) -> Callable[[Any], Any]:
        """How a row is shown as the client asked for it; unknown fields are left out."""
        base, reads = str(request.base_url).rstrip("/"), []
        for name in fields:
            found = self.selector.column(table, name)
            if found is not None:
                reads.append((name, self._reader(base, *found, form)))
        return lambda row: {name: read(row) for name, read in reads}

    def _reader(self, base: str, column: Column, read: Callable[[Any], str], form: Form) -> Callable[[Any], Any]:
        if form.display == "false" and (column.kind != "reference" or not form.links):
            return read
        return lambda row: shown(self.instance.tables, base, column, read(row), form)

    def _let_in(self, request: Request) -> None:
        if len(str(request.url)) > URI_BYTES:
            raise ServiceNowError(414, "Request-URI Too Long", None)
        authorization = request.headers.get("authorization", "")
        asked = f"{request.url.path}?{request.url.query}"
        if authorization.lower().startswith("bearer") and self.site.faults.strikes("expired-token", asked):
            self.tokens.end()
        if not self.tokens.lets_in(authorization) or self.site.faults.strikes("unauthorized", asked):
            raise ServiceNowError(401, "User Not Authenticated", "Required to provide Auth information")

    def _mark(self, response: Response) -> None:
        """Cookies and headers of the instance."""
        self._transactions += 1
        transaction = f"{genes(self.site.world.seed, self._transactions, 9):012x}"[:12]
        response.headers["X-Is-Visitor"] = "false"
        response.headers["X-Transaction-ID"] = transaction
        response.headers["X-Content-Type-Options"] = "nosniff"
        for name in ("JSESSIONID", "glide_user_route", "glide_session_store"):
            response.set_cookie(name, f"{name[:1].upper()}{transaction.upper()}", path="/", httponly=True)


def json(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(value), status, media_type=JSON)

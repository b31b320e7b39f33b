"""What every REST page of the org shares: the session, the day's requests, errors as JSON arrays."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from simulator.salesforce_auth import SalesforceCredentials, Sessions
from simulator.salesforce_errors import SalesforceError
from simulator.salesforce_field_service import add_field_service
from simulator.salesforce_org import SalesforceOrg
from simulator.salesforce_people import add_people
from simulator.salesforce_work import add_work
from simulator.site import Site

Page = Callable[[Request], Awaitable[Response]]

VERSIONS = tuple(f"{number}.0" for number in range(48, 63))
DAILY_REQUESTS, DAILY_JOBS = 115_000, 10_000
DAY = 86400


class SalesforceApi:
    """The org, its sessions and its limits."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.org = SalesforceOrg(site)
        add_people(self.org)
        add_work(self.org)
        add_field_service(self.org)
        self.credentials = SalesforceCredentials(
            client_id=f"3MVG9{site.secret('sf-client', 40)}",
            client_secret=site.secret("sf-secret", 48).upper(),
            username="integration@msp.example",
            password=site.secret("sf-password", 16),
            security_token=site.secret("sf-token", 24),
            refresh_token=f"5Aep861{site.secret('sf-refresh', 40)}0",
        )
        self.sessions = Sessions(self.credentials, lambda: site.world.now)
        self.used: Counter[int] = Counter()
        """Requests by day."""
        self.jobs: Counter[int] = Counter()
        """Query jobs by day."""

    def guarded(self, page: Page) -> Page:
        """Let a page answer signed-in requests only, and turn its errors into the vendor's answers."""

        async def answer(request: Request) -> Response:
            try:
                self._let_in(request)
                response = await page(request)
            except SalesforceError as error:
                response = Response(error.body(), error.status, media_type="application/json;charset=UTF-8")
            response.headers["Sforce-Limit-Info"] = f"api-usage={self.used_today()}/{DAILY_REQUESTS}"
            return response

        return answer

    def used_today(self) -> int:
        """Requests of the world's day."""
        return self.used[self.site.world.now // DAY]

    def jobs_left(self) -> int:
        """Query jobs that the world's day still allows."""
        spent = self.site.faults.on("bulk-limit")
        return 0 if spent else max(0, DAILY_JOBS - self.jobs[self.site.world.now // DAY])

    def _let_in(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ").removeprefix("OAuth ")
        asked = f"{request.method} {request.url.path}?{request.url.query}"
        faults = self.site.faults
        if faults.strikes("expired-token", asked):
            self.sessions.end(token)
        if not self.sessions.is_open(token) or faults.strikes("unauthorized", asked):
            raise SalesforceError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        self.used[self.site.world.now // DAY] += 1
        if self.used_today() > DAILY_REQUESTS or faults.strikes("request-limit", asked):
            raise SalesforceError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        version = request.path_params.get("version", "62.0")
        if version not in VERSIONS:
            raise SalesforceError(404, "NOT_FOUND", "The requested resource does not exist")


def json(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(value), status, media_type="application/json;charset=UTF-8")

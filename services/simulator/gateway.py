"""What stands before all vendors' pages: the log, latency, limits, faults of transport and the Date header."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from email.utils import formatdate

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.site import Site, Vendor

HIBERNATING = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Please wait</h1></body></html>"
HANG_SECONDS = 120
SKEW_SECONDS = 240


class Gateway:
    """ASGI middleware over the vendors' routes; `/_world` passes untouched."""

    def __init__(
        self,
        app: ASGIApp,
        site: Site,
        vendors: Sequence[Vendor],
        latency_ms: float = 0,
        requests_per_minute: int | None = None,
    ) -> None:
        self.app = app
        self.site = site
        self.vendors = vendors
        self.latency = latency_ms / 1000
        self.pace = Pace(requests_per_minute) if requests_per_minute else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith("/_world"):
            await self.app(scope, receive, send)
            return
        requests = self.site.requests
        requests.times.append(time.monotonic())
        requests.in_flight += 1
        requests.most_in_flight = max(requests.most_in_flight, requests.in_flight)
        try:
            await self.serve(scope, receive, send)
        finally:
            requests.in_flight -= 1

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let a fault answer."""
        if self.latency:
            await asyncio.sleep(self.latency)
        request = f"{scope['method']} {scope['path']}?{scope['query_string'].decode('latin-1')}"
        if self.site.faults.strikes("hang", request):
            await asyncio.sleep(HANG_SECONDS)
        answer = self.refusal(scope, request) or self.app
        cut = self.site.faults.strikes("cut", request)
        await answer(scope, receive, Sender(self.site, scope["path"], send, cut=cut))

    def refusal(self, scope: Scope, request: str) -> Response | None:
        """The answer of a fault of transport, or of the limit on requests."""
        wait = self.pace.wait() if self.pace else 0
        if wait:
            refused = self.vendor_answer(scope["path"], "429", 429)
            refused.headers["Retry-After"] = str(wait)
            return refused
        for name, status in (("429", 429), ("429-bare", 429), ("500", 500)):
            if self.site.faults.strikes(name, request):
                return self.vendor_answer(scope["path"], name, status)
        if self.site.faults.strikes("503", request):
            return HTMLResponse(HIBERNATING, status_code=503)
        return HTMLResponse(HIBERNATING) if self.site.faults.strikes("html", request) else None

    def vendor_answer(self, path: str, name: str, status: int) -> Response:
        """A refusal in the words of the vendor whose path it is."""
        for vendor in self.vendors:
            if path.startswith(vendor.PREFIXES) and name in vendor.REFUSALS:
                return vendor.REFUSALS[name]()
        return Response(status_code=status)


class Sender:
    """Sends an answer on: stamps its Date from the world's clock, notes its status, cuts its body if told to."""

    def __init__(self, site: Site, path: str, send: Send, *, cut: bool) -> None:
        self.site = site
        self.path = path
        self.send = send
        self.cut = cut
        self.ended = False
        """Cut off: the server closes the connection when an answer stops before its end."""

    async def __call__(self, message: Message) -> None:
        """Pass one ASGI message on."""
        if message["type"] == "http.response.start":
            self.site.requests.counts[self.path, message["status"]] += 1
            skew = SKEW_SECONDS if self.site.faults.on("skew") else 0
            date = formatdate(self.site.world.now + skew, usegmt=True)
            message = {**message, "headers": [*message.get("headers", ()), (b"date", date.encode())]}
        elif self.cut:
            body = message.get("body", b"")
            message = {**message, "body": body[: len(body) // 2], "more_body": True}
        if not self.ended:
            await self.send(message)
        self.ended = self.cut and message["type"] == "http.response.body"


class Pace:
    """At most so many requests in any minute."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self.taken: deque[float] = deque()

    def wait(self) -> int:
        """Seconds until one more is allowed; 0 takes one."""
        now = time.monotonic()
        while self.taken and self.taken[0] <= now - 60:
            self.taken.popleft()
        if len(self.taken) >= self.per_minute:
            return int(self.taken[0] + 60 - now) + 1
        self.taken.append(now)
        return 0

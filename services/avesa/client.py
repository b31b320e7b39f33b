"""One signed-in credential: budget, retries, sign-in and renewal around a dialect's flows."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import stamina

from avesa.budget import Budget
from avesa.core.entity import Entity
from avesa.core.mapping import Mappings
from avesa.core.tenants import Service
from avesa.core.windows import Window
from avesa.edges.http import Http
from avesa.errors import Park, Reject, SignedOut, SlowDown, SourceUnavailable, Split
from avesa.events import Listener, RequestSent
from avesa.ports import Edges
from avesa.settings import Settings
from avesa.sign_in import Signed, SignIn
from avesa.sources.dialect import Dialect, Finding, Flow, Landed, Page, Pause, Proof, Request, Response, Session, Walk
from avesa.sources.registry import dialect

T = TypeVar("T")
Land = Callable[[Page], Awaitable[Landed]]

ATTEMPTS = 6
SHORT_WAIT = 30.0
"""Seconds of a Retry-After that a slot waits out; for a longer one it goes free."""
MOST_SESSIONS = 20
"""Sessions that one piece of work may use up."""


class Client:
    """Speaks to one tenant's source."""

    def __init__(
        self,
        service: Service,
        spoken: Dialect,
        *,
        http: Http,
        edges: Edges,
        budget: Budget,
        slots: int,
        listen: Listener,
    ) -> None:
        self.dialect = spoken
        self.budget = budget
        self.skew: timedelta | None = None
        """How far the source's clock is ahead of ours, as of the last answer."""
        self._service = service
        self._http = http
        self._edges = edges
        self._in_flight = asyncio.Semaphore(slots)
        self._listen = listen
        self._sign_in = SignIn(service, spoken, edges.secrets, self._asked)

    async def now(self) -> datetime:
        """The source's time, asked for: windows are planned by it and not by our clock (T5, T18)."""
        await self.run(self.dialect.probe)
        return self._edges.clock() + (self.skew or timedelta())

    async def oldest(self, entity: Entity) -> datetime | None:
        """When the oldest row changed last; None if there is none."""
        written = await self.run(lambda session: self.dialect.oldest(entity, session))
        return None if not written else _parsed(written, self.dialect.stamp)

    async def count(self, entity: Entity, window: Window, *, hourly: bool) -> int:
        """How many rows the source says a window holds."""
        return await self.run(lambda session: self.dialect.count(entity, window, session), hourly=hourly)

    async def inspect(self, entity: Entity) -> tuple[Finding, ...]:
        """Look at the rights that an entity needs."""
        return await self.run(lambda session: self.dialect.inspect(entity, session))

    async def walk(self, entity: Entity, window: Window, count: int, land: Land, *, hourly: bool) -> Proof:
        """Walk through a window, handing each page to `land`."""

        async def begin(signed: Signed) -> Proof:
            steps = self.dialect.walk(entity, window, signed.session, count)
            proof: Proof = await self._drive(steps, signed, land, hourly=hourly)
            return proof

        return await self._signed_in(begin)

    async def run(self, begin: Callable[[Session], Flow[T]], *, hourly: bool = True) -> T:
        """Run a flow to its result."""

        async def drive(signed: Signed) -> T:
            result: T = await self._drive(begin(signed.session), signed, _no_page, hourly=hourly)
            return result

        return await self._signed_in(drive)

    async def _signed_in(self, work: Callable[[Signed], Awaitable[T]]) -> T:
        """Do work in a session; if it ends meanwhile, sign in afresh and do the work again.

        A session that never gave a good answer is a refused credential; after two of them the tenant is parked.
        """
        spent: Signed | None = None
        refused = 0
        for _ in range(MOST_SESSIONS):
            signed = await self._sign_in.current(spent=spent)
            try:
                return await work(signed)
            except SignedOut as error:
                refused = 0 if signed.good else refused + 1
                if refused > 1:
                    raise self._sign_in.refused(error) from None
                spent = signed
        raise SourceUnavailable(f"{self._name} ended {MOST_SESSIONS} sessions in one piece of work.")

    async def _drive(self, flow: Flow[Any] | Walk, signed: Signed, land: Land, *, hourly: bool) -> Any:
        """Answer a flow's steps until it ends."""
        try:
            step: Request | Page | Pause = next(flow)
            while True:
                step = flow.send(await self._answer(step, signed, land, hourly=hourly))
        except StopIteration as end:
            return end.value
        finally:
            flow.close()

    async def _answer(self, step: Request | Page | Pause, signed: Signed, land: Land, *, hourly: bool) -> Any:
        match step:
            case Request():
                response = await self._send(signed.session.sign(step), hourly=hourly)
                signed.good = True
                return response
            case Page():
                return await land(step)
            case Pause(seconds):
                await asyncio.sleep(seconds)
                return None

    async def _send(self, request: Request, *, hourly: bool) -> Response:
        """Send within budget; passing faults are tried again with jitter, Retry-After is honoured."""
        async for attempt in stamina.retry_context(
            on=_wait_for, attempts=ATTEMPTS, timeout=180, wait_initial=0.5, wait_max=20
        ):
            with attempt:
                return await self._once(request, hourly=hourly, retried=attempt.num > 1)
        raise SourceUnavailable(f"{self._name} gave no answer.")  # not reached: the last attempt raises

    async def _once(self, request: Request, *, hourly: bool, retried: bool) -> Response:
        await self.budget.take(hourly=hourly)
        began, status = time.monotonic(), 0
        try:
            async with self._in_flight:
                response = await self._http.send(request, self.dialect.hosts)
            status = response.status
        finally:
            self._listen(
                RequestSent(
                    tenant=self._service.tenant, source=self._service.source, status=status,
                    seconds=time.monotonic() - began, retried=retried,
                )
            )  # fmt: skip
        self._look(response)
        await self._judge(request, response)
        return response

    async def _judge(self, request: Request, response: Response) -> None:
        self.budget.observe(self.dialect.limits(response))
        try:
            self.dialect.judge(response)
        except SlowDown as error:
            await self.budget.block(error.seconds)
            raise
        except (Park, Reject, Split):
            if request.judged:
                raise

    def _look(self, response: Response) -> None:
        """Read the source's clock off an answer."""
        try:
            told = parsedate_to_datetime(response.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return
        self.skew = told - self._edges.clock()

    async def _asked(self, flow: Flow[Session]) -> Session:
        """Drive a flow that signs in: nobody is signed in yet."""
        session: Session = await self._drive(flow, Signed(Session("")), _no_page, hourly=True)
        return session

    @property
    def _name(self) -> str:
        return f"{self._service.tenant}/{self._service.source}"


class Clients:
    """Every client of this process, one per credential."""

    def __init__(self, edges: Edges, mappings: Mappings, settings: Settings, listen: Listener) -> None:
        self._edges = edges
        self._mappings = mappings
        self._settings = settings
        self._listen = listen
        self._http = Http(settings)
        self._open: dict[tuple[str, str], tuple[Service, Client]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def open(self, service: Service) -> Client:
        """The client of a service; a changed service gets a new one."""
        key = (service.tenant, service.source)
        if key not in self._open or self._open[key][0] != service:
            self._open[key] = (service, self._make(service))
        return self._open[key][1]

    def _make(self, service: Service) -> Client:
        budget = Budget(
            self._edges.store, self._edges.clock, tenant=service.tenant, source=service.source,
            per_minute=self._mappings.pace(service).requests_per_minute,
        )  # fmt: skip
        return Client(
            service, dialect(service.source), http=self._http, edges=self._edges, budget=budget,
            slots=self._settings.connections, listen=self._listen,
        )  # fmt: skip


async def _no_page(_: Page) -> Landed:
    raise TypeError("only a walk has pages")


def _wait_for(error: Exception) -> bool | float:
    """Which faults are tried again on the spot: those that pass, and a short Retry-After."""
    if isinstance(error, SlowDown):
        return error.seconds if error.seconds <= SHORT_WAIT else False
    return isinstance(error, SourceUnavailable)


def _parsed(written: str, stamp: str) -> datetime:
    found = datetime.strptime(written, stamp)  # noqa: DTZ007  a stamp without a zone is UTC
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

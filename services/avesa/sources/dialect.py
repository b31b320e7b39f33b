"""What a dialect is: generators that yield requests and are sent responses.

A flow asks the outside by yielding a `Request` and goes on with the `Response` it is sent;
what it returns is its result. A walk also yields `Page`s to land and `Pause`s to wait. So
sign-in, counting, paging and polling are all testable without a network.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from avesa.core.entity import Entity
from avesa.core.windows import Window

T = TypeVar("T")
Secret = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as plain values; `signed` ones get the session's headers on the way out."""

    method: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    signed: bool = True
    judged: bool = True
    """Whether the client has the answer judged before the flow sees it; False leaves a refusal to the flow."""
    to_file: bool = False
    """Stream the answer's body to scratch; `Response.path` names it."""
    timeout: float | None = None
    """Seconds; None is the client's usual."""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back; header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
    url: str = ""
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in credential: where to send to and what to send along.

    `expires_in` is in seconds from sign-in, None where the vendor does not tell.
    """

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    expires_in: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict, repr=False)
    keep: Secret | None = field(default=None, repr=False)
    """Credential fields to store before going on: a rotated refresh token."""

    def sign(self, request: Request) -> Request:
        """Add the session's headers to a request that wants them."""
        return replace(request, headers={**self.headers, **request.headers}) if request.signed else request


@dataclass(frozen=True, slots=True)
class Page:
    """A body to land: a JSON array of records (under `envelope` where the vendor wraps it), or a CSV file.

    A CSV file's last key and time are not waited for, so the next page may be fetched while it is landed.
    """

    body: bytes = field(default=b"", repr=False)
    envelope: str = ""
    csv: Path | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next step: a bulk job is still running."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Landed:
    """What the walk is sent after a page: rows in it, and its last key and time, for keyset paging."""

    rows: int
    last_key: str = ""
    last_time: str = ""


Flow = Generator[Request, Response, T]
Walk = Generator[Request | Page | Pause, Any, "Proof"]
"""Sent a Response after a Request, a Landed after a Page, None after a Pause."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How a walk ended: rows that the source counts but did not show, and what could not be had."""

    hidden: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One credential field that `tenant add` asks for."""

    name: str
    help: str
    secret: bool = False
    required: bool = True
    default: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `avesa check`: what was looked at, whether it is fine, and what to do if not."""

    subject: str
    fine: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a response says of the credential's limits; None where it says nothing."""

    retry_after: float | None = None
    day_left: int | None = None
    day_max: int | None = None


class Dialect(Protocol):
    """One vendor's rules."""

    @property
    def name(self) -> str:
        """The source's name."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """What a credential consists of."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Host suffixes that a tenant's URL may name, such as `.service-now.com`."""

    @property
    def stamp(self) -> str:
        """The strptime format of the vendor's change times; lexical order is time order."""

    def sign_in(self, secret: Secret) -> Flow[Session]:
        """Turn credentials into a session."""

    def judge(self, response: Response) -> None:
        """Return for a good answer; otherwise raise what happens next (see `avesa.errors`)."""

    def limits(self, response: Response) -> Limits:
        """Read the limits a response tells of."""

    def probe(self, session: Session) -> Flow[None]:
        """Send one cheap signed request; its Date header tells the source's time, its headers the limits."""

    def oldest(self, entity: Entity, session: Session) -> Flow[str]:
        """Ask for the change time of the oldest row, as the vendor writes it; empty when there is none."""

    def count(self, entity: Entity, window: Window, session: Session) -> Flow[int]:
        """Ask how many rows the window holds."""

    def walk(self, entity: Entity, window: Window, session: Session, count: int) -> Walk:
        """Page through the window by keyset until the source shows its end."""

    def inspect(self, entity: Entity, session: Session) -> Flow[tuple[Finding, ...]]:
        """Look at rights and fields that the entity needs."""


Make = Callable[[], Dialect]

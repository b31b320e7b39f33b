"""What happened, in the past tense: logs, metrics and progress bars all listen to these."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from avesa.core.ledger import Kind, State
from avesa.core.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSent:
    """A request was answered (`status`), or not (0)."""

    tenant: str
    source: str
    status: int
    seconds: float
    retried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsPlanned:
    """New windows stand in the ledger."""

    tenant: str
    source: str
    entity: str
    windows: int
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCounted:
    """The source said how many rows a window holds; a pull of it begins."""

    tenant: str
    source: str
    entity: str
    window: Window
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePulled:
    """A page's rows are on scratch."""

    tenant: str
    source: str
    entity: str
    window: Window
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowLanded:
    """A window is in the lake, proven, and the ledger says so."""

    tenant: str
    source: str
    entity: str
    window: Window
    kind: Kind
    counted: int
    landed: int
    hidden: int
    parts: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSplit:
    """A window was too much for one answer; its halves are planned."""

    tenant: str
    source: str
    entity: str
    window: Window
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowStopped:
    """A window is partial or failed; it is tried again later."""

    tenant: str
    source: str
    entity: str
    window: Window
    state: State
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceParked:
    """A tenant's source stands still until it is resumed."""

    tenant: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMerged:
    """A canonical table was published: one commit."""

    tenant: str
    table: str
    rows_in: int
    inserted: int
    updated: int
    deleted: int
    quarantined: int
    unmapped: int
    files_added: int
    files_removed: int
    version: int
    fresh_to: datetime | None
    seconds: float
    rebuilt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSettled:
    """A message came to an end on this worker: done, later, again or buried."""

    queue: str
    kind: str
    tenant: str
    outcome: str
    seconds: float
    reason: str = ""


Event = (
    RequestSent | WindowsPlanned | WindowCounted | PagePulled | WindowLanded | WindowSplit | WindowStopped
    | ServiceParked | TableMerged | MessageSettled
)  # fmt: skip
Listener = Callable[[Event], None]


def silent(_: Event) -> None:
    """Nobody listens."""

"""What all vendors' pages share: the world, its faults, where they are served, what was asked."""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.responses import Response
from starlette.routing import BaseRoute

from simulator.faults import Faults
from simulator.world import World, genes


@dataclass(slots=True)
class Requests:
    """What was asked and answered, for tests of pacing."""

    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By path and status."""
    times: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))
    """Monotonic seconds of the last requests."""
    in_flight: int = 0
    most_in_flight: int = 0


@dataclass(slots=True)
class Memory:
    """Bytes that may be kept; when it is full, what is kept stays."""

    left: int

    def take(self, size: int) -> bool:
        """Whether there is room for some more bytes, which then are taken."""
        if size > self.left:
            return False
        self.left -= size
        return True


@dataclass(slots=True)
class Site:
    """One simulated MSP as it is served."""

    world: World
    faults: Faults = field(default_factory=Faults)
    url: str = "http://127.0.0.1:8080"
    requests: Requests = field(default_factory=Requests)
    records: Memory = field(default_factory=lambda: Memory(400_000_000))
    """For rendered rows, from which pages of any cut are made."""
    pages: Memory = field(default_factory=lambda: Memory(250_000_000))
    """For packed pages: 300,000 tickets take 100 MB."""
    kept: dict[str, Any] = field(default_factory=dict)
    """What a vendor keeps between requests, by its name: sessions, cursors, jobs."""

    def secret(self, name: str, length: int = 24) -> str:
        """Made-up credentials, the same for the same seed."""
        salt = sum(ord(letter) << 7 * place for place, letter in enumerate(name[:8]))
        return "".join(f"{genes(self.world.seed, part, salt):016x}" for part in range(1, 5))[:length]


class Vendor(Protocol):
    """What a vendor's module offers to the server."""

    @property
    def NAME(self) -> str:  # noqa: N802
        """Its key in what `serve` prints."""

    @property
    def PREFIXES(self) -> tuple[str, ...]:  # noqa: N802
        """The paths that are this vendor's."""

    @property
    def REFUSALS(self) -> Mapping[str, Callable[[], Response]]:  # noqa: N802
        """Its answers to the faults `429`, `429-bare`, `500`; what is missing is answered without a body."""

    def routes(self, site: Site) -> Sequence[BaseRoute]:
        """The vendor's pages."""

    def credentials(self, site: Site) -> dict[str, Any]:
        """What a client needs to sign in, as `serve` prints it."""

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
    """Bytes that rendered rows and pages may take together; when it is full, what is kept stays."""

    left: int = 1_000_000_000

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
    memory: Memory = field(default_factory=Memory)

    def secret(self, name: str, length: int = 24) -> str:
        """Made-up credentials, the same for the same seed."""
        salt = sum(ord(letter) << 7 * place for place, letter in enumerate(name[:8]))
        return "".join(f"{genes(self.world.seed, part, salt):016x}" for part in range(1, 5))[:length]


class Vendor(Protocol):
    """What a vendor's module offers to the server."""

    NAME: str
    PREFIXES: tuple[str, ...]
    """The paths that are this vendor's."""
    REFUSALS: Mapping[str, Callable[[], Response]]
    """Its answers to the faults `429`, `429-bare`, `500`; what is missing is answered without a body."""

    @staticmethod
    def routes(site: Site) -> Sequence[BaseRoute]:
        """The vendor's pages."""

    @staticmethod
    def credentials(site: Site) -> dict[str, Any]:
        """What a client needs to sign in, as `serve` prints it."""

"""What the verbs need from the world; each port has an embedded and an AWS edge.

One contract suite (`tests/contract`) runs on both edges of every port. Values that cross
a port are plain: no library type does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

Body = Mapping[str, Any]
"""JSON-able fields of an item: text, numbers, booleans, None, lists and maps of these."""


class Clock(Protocol):
    """The time, handed in so that rules need no clock of their own."""

    def __call__(self) -> datetime:
        """Now, in UTC."""


@dataclass(frozen=True, slots=True)
class Key:
    """Where an item stands: `TenantServices`, `LastUpdated`, `Windows` or `Leases`, and its two-part key."""

    table: str
    partition: str
    sort: str


@dataclass(frozen=True, slots=True)
class Item:
    """A stored item; `version` counts its writes from 1."""

    key: Key
    body: Body
    version: int


@dataclass(frozen=True, slots=True)
class Put:
    """Write an item if its stored version is still `version` (0: it must not exist yet).

    `expires` lets the store forget it some time after that moment (leases, budgets).
    """

    key: Key
    body: Body
    version: int
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove an item if its stored version is still `version`."""

    key: Key
    version: int


Change = Put | Delete


class Store(Protocol):
    """Small items with versions: tenant services, watermarks, windows, leases, budgets."""

    async def get(self, key: Key) -> Item | None:
        """Read one item as it is now (a consistent read)."""

    async def query(self, table: str, partition: str, prefix: str = "") -> list[Item]:
        """Every item of a partition whose sort key starts with `prefix`, in sort order."""

    async def commit(self, changes: Sequence[Change]) -> None:
        """Apply all changes (at most 100) or none; raises Conflict if any version has moved.

        After a timeout the outcome is looked up, so a commit that took effect is never reported as failed.
        """


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as received: `receipt` settles it, `attempts` counts receives from 1."""

    id: str
    body: bytes
    receipt: str
    attempts: int
    reason: str | None = None
    """Why it is a dead letter; only on those."""


class Queue(Protocol):
    """At-least-once messages with a visibility timeout and a dead-letter queue beside it."""

    name: str

    async def send(self, bodies: Sequence[tuple[str, bytes]], delay: float = 0) -> None:
        """Send (group, body) pairs; the group is the tenant, for fair queues. All are in, or StoreUnavailable."""

    async def receive(self, most: int, wait: float) -> list[Delivery]:
        """Take up to `most` messages, waiting up to `wait` seconds for the first."""

    async def extend(self, delivery: Delivery, seconds: float) -> None:
        """Keep it hidden for `seconds` from now; 0 gives it back at once. LeaseLost if it is no longer ours."""

    async def delete(self, delivery: Delivery) -> None:
        """The work is done."""

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Move it to the dead-letter queue with the reason."""

    async def depth(self) -> "Depth":
        """How many messages wait, are being worked on, and are dead."""

    async def dead(self, most: int = 100) -> list[Delivery]:
        """Look at dead letters without taking them."""

    async def redrive(self, ids: Sequence[str]) -> int:
        """Send these dead letters again (all if none are named) and tell how many."""

    async def discard(self, ids: Sequence[str]) -> int:
        """Remove these dead letters for good and tell how many."""


@dataclass(frozen=True, slots=True)
class Depth:
    """A queue at a glance; messages that are delayed for long are not counted."""

    waiting: int
    working: int
    dead: int


@dataclass(frozen=True, slots=True)
class TableAddress:
    """Where delta-rs finds a table: a URI and its storage options (never logged)."""

    uri: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


class Lake(Protocol):
    """Immutable objects under names such as `acme/raw/…`, in a folder or a bucket."""

    async def put(self, name: str, source: Path) -> None:
        """Copy a local file in; visible whole or not at all, its checksum checked."""

    async def fetch(self, name: str, target: Path) -> None:
        """Copy an object out to a local path; a folder lake may link it."""

    async def names(self, prefix: str) -> list[str]:
        """The names under a prefix, sorted."""

    async def remove(self, names: Sequence[str]) -> None:
        """Delete objects; those that are gone already are fine."""

    def table(self, name: str) -> TableAddress:
        """Where the Delta table of this name stands."""


class Secrets(Protocol):
    """One secret per tenant: a JSON object of source → credential fields."""

    async def get(self, tenant: str, *, fresh: bool = False) -> Mapping[str, Mapping[str, str]]:
        """The tenant's credentials by source; `fresh` passes the cache by (after a 401)."""

    async def put(self, tenant: str, source: str, fields: Mapping[str, str] | None) -> None:
        """Keep one source's credentials, or forget them (None)."""


class Guard(Protocol):
    """Keeps whoever runs this task from stopping it while it works (ECS task protection)."""

    async def hold(self) -> bool:
        """Guard the task from now on; called again while it works. False: take no work."""

    async def release(self) -> None:
        """Nothing runs; the task may be stopped."""


@dataclass(frozen=True, slots=True)
class Edges:
    """All ports of one installation, as the verbs are given them."""

    store: Store
    lake: Lake
    secrets: Secrets
    queue: Callable[[str], Queue]
    clock: Clock

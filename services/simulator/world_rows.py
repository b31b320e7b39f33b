"""The world's rows: what an MSP knows, in no vendor's words.

Times are whole seconds since 1970 UTC; durations are minutes. A row is one version of one
thing and never changes: an edit makes the next version.
"""

from typing import Any, Protocol, TypeVar

from msgspec import Struct


class Row(Protocol):
    """What every row has; `updated_by` is a member's id."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def created_at(self) -> int: ...  # noqa: D102
    @property
    def updated_at(self) -> int: ...  # noqa: D102
    @property
    def updated_by(self) -> int: ...  # noqa: D102


R = TypeVar("R", bound=Row)


class Ticket(Struct, frozen=True, gc=False, kw_only=True):
    """A request for help. Labels are ids into `World.catalog`."""

    id: int
    version: int = 1
    created_at: int
    updated_at: int
    created_by: int
    updated_by: int
    summary: str
    board_id: int
    status_id: int
    priority_id: int
    type_id: int
    source_id: int
    company_id: int
    contact_id: int | None = None
    """May name a contact that was deleted since."""
    owner_id: int | None = None
    """May name a member who left (`Member.left`)."""
    minutes: int = 0
    """Worked so far: the sum of its time entries."""
    responded_at: int | None = None
    closed_at: int | None = None
    closed_by: int | None = None
    reopened: int = 0
    merged_into: int | None = None
    has_merged: bool = False
    details: dict[str, str] | None = None
    """The line of the event log this version was read from."""


class TimeEntry(Struct, frozen=True, gc=False, kw_only=True):
    """Work of one member on one ticket."""

    id: int
    version: int = 1
    created_at: int
    updated_at: int
    updated_by: int
    ticket_id: int
    company_id: int
    member_id: int
    work_type_id: int
    started_at: int
    minutes: int
    billed_minutes: int
    billable: str
    """Billable, DoNotBill or NoCharge."""
    status: str
    """Open, PendingApproval, ApprovedByTierOne, ReadyToBill or Billed."""
    hourly_rate: int
    """In whole currency units."""
    notes: str


class Company(Struct, frozen=True, gc=False, kw_only=True):
    """A customer. Deleting one only marks it."""

    id: int
    version: int = 1
    created_at: int
    updated_at: int
    updated_by: int
    identifier: str
    name: str
    status_id: int
    type_ids: tuple[int, ...]
    market_id: int
    city: int
    """Index into `names.CITIES`."""
    street: str
    phone: str | None
    website: str | None
    employees: int
    deleted_at: int | None = None
    deleted_by: int | None = None


class Contact(Struct, frozen=True, gc=False, kw_only=True):
    """A person at a company; one may lack a last name, a company, an e-mail address or a phone."""

    id: int
    version: int = 1
    created_at: int
    updated_at: int
    updated_by: int
    first_name: str
    last_name: str | None
    company_id: int | None
    title: str | None
    email: str | None
    phone: str | None
    mobile: str | None
    active: bool = True
    primary: bool = False


class Tombstone(Struct, frozen=True, kw_only=True):
    """A row that was hard-deleted, and how it was last seen."""

    id: int
    deleted_at: int
    deleted_by: int
    row: Any


class Label(Struct, frozen=True):
    """One entry of a small list: a board, a status, a priority."""

    id: int
    name: str
    closed: bool = False
    """A status that ends the work."""


class Member(Struct, frozen=True, kw_only=True):
    """A technician of the MSP; one who left is still named by old rows but no longer listed."""

    id: int
    identifier: str
    first_name: str
    last_name: str
    email: str
    hourly_rate: int = 150
    left: bool = False

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

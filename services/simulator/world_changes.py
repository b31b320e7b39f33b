"""What happens to a seeded world while its clock moves."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from simulator.world_making import Maker
from simulator.world_rows import Ticket
from simulator.world_table import Table

if TYPE_CHECKING:
    from simulator.world import World

HOUR = 3600


class SeededStory:
    """Changes drawn from the world's seed and clock: the same stretch of time tells the same story."""

    def tell(self, world: "World", until: int) -> None:
        """Let some changes per hour happen, a few of them in one second."""
        random = Random(f"{world.seed}/{world.now}")
        per_hour = 12 + len(world.tickets) / 500
        count = int(per_hour * (until - world.now) / HOUR + random.random())
        moments = sorted(random.randint(world.now + 1, until) for _ in range(count))
        change = Change(world, random)
        for at in moments:
            world.reach(at)
            change.happen()


class Change:
    """One change after another at the world's now."""

    def __init__(self, world: "World", random: Random) -> None:
        self.world = world
        self.random = random
        self.make = Maker(world.catalog, random)
        self.by = 101
        self.kinds: dict[Callable[[], None], int] = {
            self.ticket_opened: 22,
            self.ticket_moved: 22,
            self.ticket_worked: 20,
            self.ticket_closed: 10,
            self.ticket_reprioritised: 6,
            self.ticket_reopened: 3,
            self.ticket_merged: 3,
            self.ticket_deleted: 3,
            self.tickets_in_bulk: 2,
            self.ticket_twice: 2,
            self.entry_billed: 4,
            self.entry_deleted: 2,
            self.contact_added: 2,
            self.contact_edited: 3,
            self.contact_deleted: 1,
            self.company_added: 1,
            self.company_edited: 2,
            self.company_binned: 1,
        }

    def happen(self) -> None:
        """Draw a kind of change and do it."""
        self.by = self.make.member()
        self.random.choices(list(self.kinds), list(self.kinds.values()))[0]()

    def some(self, table: Table[Any], fits: Callable[[Any], bool] = bool) -> Any:
        """A row of the table that fits, the newer the likelier; None if none was met in thirty draws."""
        last = table.next_id - 1
        for _ in range(30):
            row = table.live.get(last - int(last * self.random.random() ** 5))
            if row is not None and fits(row) and not self.world.is_late(table.name, row.id):
                return row
        return None

    def changed(self, name: str, row: Any, **fields: Any) -> None:
        """Commit the next version of a row."""
        if row is not None:
            self.world.commit(name, replace(row, updated_at=self.world.now, updated_by=self.by, **fields))

    def open_ticket(self) -> Any:
        """A ticket still worked on."""
        return self.some(self.world.tickets, _is_open)

    def ticket_opened(self) -> None:
        """A customer asks for help."""
        world = self.world
        company = self.some(world.companies, lambda row: row.deleted_at is None)
        people = world.people.get(company.id) if company else None
        contact = self.random.choice(people) if people else None
        where = company.id if company else 2
        world.commit("tickets", self.make.ticket(world.tickets.allot(), world.now, where, contact))

    def ticket_moved(self) -> None:
        """The status changes, and perhaps the owner."""
        status = 12 + self.random.randrange(7)
        self.changed("tickets", self.open_ticket(), status_id=status, owner_id=self.make.member())

    def ticket_reprioritised(self) -> None:
        """Another priority."""
        self.changed("tickets", self.open_ticket(), priority_id=1 + self.random.randrange(5))

    def ticket_worked(self) -> None:
        """A time entry, and the ticket's hours with it."""
        world, ticket = self.world, self.open_ticket()
        if ticket is None:
            return
        entry = self.make.time_entry(world.time_entries.allot(), world.now, ticket)
        world.commit("time_entries", entry)
        answered = ticket.responded_at or world.now
        self.changed("tickets", ticket, minutes=ticket.minutes + entry.minutes, responded_at=answered, status_id=13)

    def ticket_closed(self) -> None:
        """Done."""
        self.changed("tickets", self.open_ticket(), **self.closing())

    def closing(self) -> dict[str, Any]:
        """What closing sets."""
        return {"status_id": 19, "closed_at": self.world.now, "closed_by": self.by}

    def ticket_reopened(self) -> None:
        """Not done after all."""
        row = self.some(self.world.tickets, lambda row: row.closed_at is not None and row.merged_into is None)
        again = row.reopened + 1 if row else 0
        self.changed("tickets", row, status_id=13, closed_at=None, closed_by=None, reopened=again)

    def ticket_merged(self) -> None:
        """Two tickets were one problem: the child closes in the same second as its parent changes."""
        child, parent = self.open_ticket(), self.open_ticket()
        if child is None or parent is None or child.id == parent.id:
            return
        self.changed("tickets", child, merged_into=parent.id, **self.closing())
        self.changed("tickets", parent, has_merged=True)

    def ticket_deleted(self) -> None:
        """Spam; one with time on it cannot be deleted."""
        row = self.some(self.world.tickets, lambda row: row.minutes == 0 and not row.has_merged)
        if row is not None:
            self.world.tickets.remove(row.id, self.world.now, self.by)

    def tickets_in_bulk(self) -> None:
        """A workflow rule closes many in one second."""
        for _ in range(5 + self.random.randrange(25)):
            self.ticket_closed()

    def ticket_twice(self) -> None:
        """Two edits within a second: equal stamps, the later one counts."""
        row = self.open_ticket()
        self.changed("tickets", row, status_id=14)
        if row is not None and not self.world.is_late("tickets", row.id):
            self.changed("tickets", self.world.tickets.live[row.id], status_id=15)

    def entry_billed(self) -> None:
        """An entry goes to the invoice, sometimes written down."""
        row = self.some(self.world.time_entries)
        billed = row.billed_minutes - 15 * self.random.randrange(2) if row else 0
        self.changed("time_entries", row, status="Billed", billed_minutes=max(0, billed))

    def entry_deleted(self) -> None:
        """Booked on the wrong ticket."""
        row = self.some(self.world.time_entries)
        if row is None or self.world.is_late("tickets", row.ticket_id):
            return
        self.world.time_entries.remove(row.id, self.world.now, self.by)
        ticket = self.world.tickets.get(row.ticket_id)
        if ticket is not None:
            self.changed("tickets", ticket, minutes=ticket.minutes - row.minutes)

    def contact_added(self) -> None:
        """Somebody new at a customer."""
        world = self.world
        row = self.make.contact(world.contacts.allot(), world.now, self.some(world.companies))
        if row.company_id is not None:
            world.people.setdefault(row.company_id, []).append(row.id)
        world.commit("contacts", row)

    def contact_edited(self) -> None:
        """A new phone number, or somebody left."""
        active = self.random.random() < 0.8
        self.changed(
            "contacts", self.some(self.world.contacts), mobile=f"727555{self.make.up_to(10000)}", active=active
        )

    def contact_deleted(self) -> None:
        """Gone for good; tickets still name the contact."""
        row = self.some(self.world.contacts)
        if row is not None:
            self.world.contacts.remove(row.id, self.world.now, self.by)

    def company_added(self) -> None:
        """A new customer."""
        self.world.commit("companies", self.make.company(self.world.companies.allot(), self.world.now))

    def company_edited(self) -> None:
        """A customer grows, or does not pay."""
        row = self.some(self.world.companies)
        self.changed("companies", row, status_id=1 + self.random.randrange(4), employees=5 + self.make.up_to(300))

    def company_binned(self) -> None:
        """Into the recycle bin; listed still, but marked."""
        row = self.some(self.world.companies, lambda row: row.deleted_at is None)
        self.changed("companies", row, deleted_at=self.world.now, deleted_by=self.by)


def _is_open(ticket: Ticket) -> bool:
    return ticket.closed_at is None

"""A seeded world as it is when its clock starts: some years of an MSP's work behind it."""

from math import sqrt
from random import Random

from msgspec.structs import replace

from simulator.world import START, World
from simulator.world_catalog import catalog
from simulator.world_changes import SeededStory
from simulator.world_making import ENTRY_STATUSES, Maker
from simulator.world_rows import Company, Contact, Ticket, TimeEntry

DAY = 86_400
YEARS = 3
HOUSEHOLD = 7.5
"""Contacts per company."""


def seeded(seed: int = 1, tickets: int = 3000, now: int = START) -> World:
    """Make the MSP of a seed: two time entries per ticket, companies by the root of the tickets."""
    random = Random(seed)
    lists = catalog(random)
    world = World(seed=seed, now=now, catalog=lists, story=SeededStory())
    birth = Birth(Maker(lists, random), now)
    companies = birth.companies(max(3, int(2.2 * sqrt(tickets))))
    contacts = birth.contacts(companies)
    for contact in contacts:
        if contact.company_id is not None:
            world.people.setdefault(contact.company_id, []).append(contact.id)
    births, entries = birth.tickets(tickets, companies, world.people)
    world.companies.fill(companies, now)
    world.contacts.fill(contacts, now)
    world.tickets.fill(births, now)
    world.time_entries.fill(entries, now)
    return world


class Birth:
    """Rows with a past, ids in the order of creation."""

    def __init__(self, maker: Maker, now: int) -> None:
        self.make = maker
        self.now = now
        self.start = now - YEARS * 365 * DAY

    def moments(self, count: int) -> list[int]:
        """Sorted times of creation, growing towards now; one in twenty repeats its second, as imports do."""
        draw, span = self.make.draw, self.now - self.start
        times = sorted(self.start + int(span * sqrt(draw())) for _ in range(count))
        for place in range(1, count):
            if draw() < 0.05:
                times[place] = times[place - 1]
        return times

    def later(self, at: int, days: float) -> int:
        """A later moment before now; one in ten falls on a nightly batch that touches many at once."""
        draw = self.make.draw
        moment = min(self.now - 1, at + 60 + int(days * DAY * draw() ** 3))
        if draw() < 0.1:
            moment = max(at, moment - moment % DAY)
        return moment

    def companies(self, count: int) -> list[Company]:
        """Customers, ids from 2; the last ones of a tenth are in the recycle bin."""
        rows = []
        for row_id, at in enumerate(self.moments(count), 2):
            row = self.make.company(row_id, at)
            edited = self.later(at, 400)
            gone = edited if self.make.draw() < 0.06 else None
            rows.append(replace(row, updated_at=edited, deleted_at=gone, deleted_by=row.updated_by if gone else None))
        return rows

    def contacts(self, companies: list[Company]) -> list[Contact]:
        """People; one in fifty belongs to no company."""
        rows: list[Contact] = []
        known: set[int] = set()
        for row_id, at in enumerate(self.moments(int(len(companies) * HOUSEHOLD)), 1):
            company = companies[self.make.up_to(len(companies))] if self.make.draw() < 0.98 else None
            row = self.make.contact(row_id, at, company)
            first = company is not None and company.id not in known
            known |= {company.id} if company else set()
            rows.append(replace(row, updated_at=self.later(at, 300), primary=first))
        return rows

    def tickets(
        self, count: int, companies: list[Company], people: dict[int, list[int]]
    ) -> tuple[list[Ticket], list[TimeEntry]]:
        """Tickets and the work on them; nearly all old ones are closed."""
        make = self.make
        rows: list[Ticket] = []
        entries: list[TimeEntry] = []
        for row_id, at in enumerate(self.moments(count), 1):
            company = companies[make.up_to(len(companies))]
            known = people.get(company.id)
            contact = known[make.up_to(len(known))] if known and make.draw() < 0.9 else None
            ticket = make.ticket(row_id, at, company.id, contact)
            work = self.work(len(entries) + 1, ticket)
            entries.extend(work)
            rows.append(self.grown(ticket, work))
        return rows, entries

    def work(self, first_id: int, ticket: Ticket) -> list[TimeEntry]:
        """None to four time entries."""
        make, at, found = self.make, ticket.created_at, []
        for row_id in range(first_id, first_id + make.up_to(5)):
            at = self.later(at, 3)
            entry = make.time_entry(row_id, at, ticket)
            if make.draw() < 0.8:
                status = ENTRY_STATUSES[1 + make.up_to(4)]
                entry = replace(entry, updated_at=self.later(at, 40), status=status)
            found.append(entry)
        return found

    def grown(self, ticket: Ticket, work: list[TimeEntry]) -> Ticket:
        """The ticket after its work: closed, but for one in twelve and most of the last weeks."""
        make = self.make
        touched = self.later(max([entry.created_at for entry in work], default=ticket.created_at), 10)
        ended = make.draw() < (0.92 if self.now - ticket.created_at > 30 * DAY else 0.4)
        by = make.member()
        return replace(
            ticket,
            updated_at=touched,
            updated_by=by,
            status_id=19 if ended else 11 + make.up_to(8),
            closed_at=touched if ended else None,
            closed_by=by if ended else None,
            responded_at=min(touched, ticket.created_at + 60 * make.up_to(480)) if ended or work else None,
            minutes=sum(entry.minutes for entry in work),
        )

"""New rows out of a random stream: the same whether a world is born or goes on."""

from random import Random

from simulator import names
from simulator.world_catalog import Catalog
from simulator.world_rows import Company, Contact, Ticket, TimeEntry

ENTRY_STATUSES = ("Open", "PendingApproval", "ApprovedByTierOne", "ReadyToBill", "Billed")


class Maker:
    """Draws rows; equal streams give equal rows."""

    def __init__(self, catalog: Catalog, random: Random) -> None:
        self.draw = random.random
        self.members = list(catalog.members.values())
        self.boards = len(catalog.boards)
        self.first_type, self.types = min(catalog.types), len(catalog.types)
        self.sources = len(catalog.sources)
        self.summaries = [f"{topic} {trouble}" for topic in names.TOPICS for trouble in names.TROUBLES]
        self.first_status = min(catalog.statuses)
        self.first_market = min(catalog.markets)

    def up_to(self, count: int) -> int:
        """A number in [0, count)."""
        return int(self.draw() * count)

    def member(self) -> int:
        """Somebody of the MSP, perhaps long gone."""
        return self.members[self.up_to(len(self.members))].id

    def ticket(self, row_id: int, at: int, company_id: int, contact_id: int | None) -> Ticket:
        """A new ticket, nobody's yet in one of three cases."""
        by = self.member()
        return Ticket(
            id=row_id,
            created_at=at,
            updated_at=at,
            created_by=by,
            updated_by=by,
            summary=self.summaries[self.up_to(len(self.summaries))],
            board_id=1 + self.up_to(self.boards),
            status_id=self.first_status,
            priority_id=1 + int(5 * (self.draw() + self.draw()) / 2),
            type_id=self.first_type + self.up_to(self.types),
            source_id=1 + self.up_to(self.sources),
            company_id=company_id,
            contact_id=contact_id,
            owner_id=self.member() if self.draw() < 0.67 else None,
        )

    def time_entry(self, row_id: int, at: int, ticket: Ticket) -> TimeEntry:
        """Work that ended at `at` on a ticket, in quarters of an hour."""
        member = self.members[self.up_to(len(self.members))]
        minutes = 15 * (1 + int(8 * self.draw() ** 3))
        billable = ("Billable", "Billable", "Billable", "DoNotBill", "NoCharge")[self.up_to(5)]
        return TimeEntry(
            id=row_id,
            created_at=at,
            updated_at=at,
            updated_by=member.id,
            ticket_id=ticket.id,
            company_id=ticket.company_id,
            member_id=member.id,
            work_type_id=1 + self.up_to(len(names.WORK_TYPES)),
            started_at=at - minutes * 60,
            minutes=minutes,
            billed_minutes=minutes if billable == "Billable" else 0,
            billable=billable,
            status=ENTRY_STATUSES[0],
            hourly_rate=member.hourly_rate,
            notes=names.NOTES[self.up_to(len(names.NOTES))],
        )

    def company(self, row_id: int, at: int) -> Company:
        """A new customer; some have no phone and no website."""
        first = names.COMPANY_FIRST[self.up_to(len(names.COMPANY_FIRST))]
        second = names.COMPANY_SECOND[self.up_to(len(names.COMPANY_SECOND))]
        by = self.member()
        return Company(
            id=row_id,
            created_at=at,
            updated_at=at,
            updated_by=by,
            identifier=f"{first}{second}{row_id}",
            name=f"{first} {second} {names.COMPANY_LAST[self.up_to(len(names.COMPANY_LAST))]}",
            status_id=1 + int(4 * self.draw() ** 4),
            type_ids=(1,) if self.draw() < 0.7 else (1 + self.up_to(3), 4),
            market_id=self.first_market + self.up_to(len(names.MARKETS)),
            city=self.up_to(len(names.CITIES)),
            street=f"{1 + self.up_to(999)} {names.STREETS[self.up_to(len(names.STREETS))]}",
            phone=f"813555{self.up_to(10000):04d}" if self.draw() < 0.9 else None,
            website=f"https://{first.lower()}{row_id}.example" if self.draw() < 0.8 else None,
            employees=5 + self.up_to(200),
        )

    def contact(self, row_id: int, at: int, company: Company | None) -> Contact:
        """A person; a few have no last name, no e-mail address, no phone."""
        first, last = names.FIRST[self.up_to(len(names.FIRST))], names.LAST[self.up_to(len(names.LAST))]
        domain = f"{company.identifier.lower()}.example" if company else "home.example"
        return Contact(
            id=row_id,
            created_at=at,
            updated_at=at,
            updated_by=self.member(),
            first_name=first,
            last_name=last if self.draw() < 0.97 else None,
            company_id=company.id if company else None,
            title=names.TITLES[self.up_to(len(names.TITLES))] if self.draw() < 0.6 else None,
            email=f"{first}.{row_id}@{domain}".lower() if self.draw() < 0.93 else None,
            phone=f"813555{self.up_to(10000):04d}" if self.draw() < 0.8 else None,
            mobile=f"727555{self.up_to(10000):04d}" if self.draw() < 0.4 else None,
        )

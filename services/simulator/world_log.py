"""A world read from a log of real incidents: each line is one version, happening at its time.

The log's columns are those of "Incident management process enriched event log"
(Amaral, Fantinato, Peres; UCI data set 498; CC BY 4.0). Stamps have minutes, so ties are many:
the order of the file decides them. An incident's own references are labels; here they become
members, companies (its locations), contacts (its callers) and boards (its groups).
"""

import csv
from calendar import timegm
from pathlib import Path
from time import strptime
from typing import TYPE_CHECKING, Any

from simulator import names
from simulator.world import World
from simulator.world_catalog import Catalog, labels
from simulator.world_rows import Company, Contact, Label, Member, Ticket

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EMPTY = "?"
Line = dict[str, str]


def replayed(path: Path, at: int | None = None, seed: int = 1) -> World:
    """Load a log; the world stands at its first minute, or at `at` with all before it done."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    story = LogStory(lines)
    world = World(seed=seed, now=story.first, catalog=story.catalog, story=story)
    world.companies.fill(story.companies(), world.now)
    world.contacts.fill(story.contacts(), world.now)
    world.tickets.next_id = 1 + max(number(line) for line in lines)
    world.advance(max(0, (at or world.now) - world.now))
    return world


class LogStory:
    """The log's lines in the order of time; `tell` commits those that have come."""

    def __init__(self, lines: "Sequence[Line]") -> None:
        self.lines = sorted(lines, key=lambda line: seconds(line["sys_updated_at"]) or 0)
        self.first = seconds(self.lines[0]["sys_updated_at"]) or 0
        self.told = 0
        self.people = ids(lines, "assigned_to", "opened_by", "resolved_by", "sys_created_by", "sys_updated_by")
        self.places = ids(lines, "location")
        self.callers = ids(lines, "caller_id")
        self.catalog = self.lists(lines)
        self.status = {label.name: key for key, label in self.catalog.statuses.items()}
        self.priority = {label.name: key for key, label in self.catalog.priorities.items()}
        self.group = {label.name: key for key, label in self.catalog.boards.items()}
        self.category = {label.name: key for key, label in self.catalog.types.items()}

    def lists(self, lines: "Sequence[Line]") -> Catalog:
        """Labels as the log spells them."""
        members = {key: person(key, label) for label, key in self.people.items()}
        return Catalog(
            members=members,
            boards=labels((EMPTY, *ids(lines, "assignment_group")), first=0),
            statuses=labels(sorted({line["incident_state"] for line in lines}), closed=("Closed",)),
            priorities=labels(sorted({line["priority"] for line in lines})),
            types=labels((EMPTY, *ids(lines, "category")), first=0),
            sources={1: Label(1, "Phone")},
            work_types=labels(names.WORK_TYPES),
            company_statuses=labels(names.COMPANY_STATUSES),
            company_types=labels(names.COMPANY_TYPES),
            markets=labels(names.MARKETS, first=20),
        )

    def tell(self, world: World, until: int) -> None:
        """Commit the lines up to a moment."""
        while self.told < len(self.lines):
            line = self.lines[self.told]
            at = seconds(line["sys_updated_at"]) or 0
            if at > until:
                return
            world.reach(at)
            world.commit("tickets", self.ticket(line, at, world.tickets.get(number(line))))
            self.told += 1

    def ticket(self, line: Line, at: int, before: Ticket | None) -> Ticket:
        """One line as a version of its incident."""
        closed = line["active"] == "FALSE"
        opened = seconds(line["sys_created_at"]) or seconds(line["opened_at"]) or at
        return Ticket(
            id=number(line),
            created_at=before.created_at if before else min(opened, at),
            updated_at=at,
            created_by=self.people.get(line["sys_created_by"], 1),
            updated_by=self.people.get(line["sys_updated_by"], 1),
            summary=f"{line['category']} {line['subcategory']}",
            board_id=self.group.get(line["assignment_group"], 0),
            status_id=self.status[line["incident_state"]],
            priority_id=self.priority[line["priority"]],
            type_id=self.category.get(line["category"], 0),
            source_id=1,
            company_id=self.places.get(line["location"], 1),
            contact_id=self.callers.get(line["caller_id"]),
            owner_id=self.people.get(line["assigned_to"]),
            closed_at=seconds(line["closed_at"]) if closed else None,
            closed_by=self.people.get(line["resolved_by"]) if closed else None,
            reopened=int(line["reopen_count"]),
            details=line,
        )

    def companies(self) -> list[Company]:
        """One company per location."""
        return [
            Company(
                identifier=label.replace(" ", ""),
                name=label,
                status_id=1,
                type_ids=(1,),
                market_id=20,
                city=0,
                street="",
                phone=None,
                website=None,
                employees=0,
                **self.stamps(key),
            )
            for label, key in self.places.items()
        ]

    def contacts(self) -> list[Contact]:
        """One contact per caller."""
        return [self.caller(label, key) for label, key in self.callers.items()]

    def caller(self, label: str, key: int) -> Contact:
        """A contact of whom only the label is known."""
        first, _, last = label.partition(" ")
        absent: dict[str, Any] = dict.fromkeys(("company_id", "title", "email", "phone", "mobile"))
        return Contact(**absent, **self.stamps(key), first_name=first, last_name=last or None)

    def stamps(self, key: int) -> dict[str, Any]:
        """Made when the log began."""
        return {"id": key, "created_at": self.first, "updated_at": self.first, "updated_by": 1}


def ids(lines: "Iterable[Line]", *columns: str) -> dict[str, int]:
    """Number the labels of some columns from 1, in their own order."""
    found = {line[column] for line in lines for column in columns} - {EMPTY}
    return {label: key for key, label in enumerate(sorted(found), 1)}


def person(key: int, label: str) -> Member:
    """A member whose name is the log's label."""
    first, _, last = label.rpartition(" ")
    login = label.lower().replace(" ", "")
    return Member(id=key, identifier=login, first_name=first, last_name=last, email=f"{login}@msp.example")


def number(line: Line) -> int:
    """INC0000045 is 45."""
    return int(line["number"].removeprefix("INC"))


def seconds(stamp: str) -> int | None:
    """Day-month-year hour:minute as seconds since 1970 UTC."""
    return None if stamp == EMPTY else timegm(strptime(stamp, "%d-%m-%Y %H:%M"))

"""The small lists that rows point into: members, boards, statuses, priorities, types."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from simulator import names
from simulator.world_rows import Label, Member


@dataclass(frozen=True, slots=True)
class Catalog:
    """Labels by id."""

    members: dict[int, Member]
    boards: dict[int, Label]
    statuses: dict[int, Label]
    priorities: dict[int, Label]
    types: dict[int, Label]
    sources: dict[int, Label]
    work_types: dict[int, Label]
    company_statuses: dict[int, Label]
    company_types: dict[int, Label]
    markets: dict[int, Label]


def labels(words: Iterable[str], first: int = 1, closed: Iterable[str] = ()) -> dict[int, Label]:
    """Number words from `first` on."""
    ends = set(closed)
    return {number: Label(number, word, word in ends) for number, word in enumerate(words, first)}


def members(random: Random, count: int) -> dict[int, Member]:
    """Technicians, ids from 101; every eighth has left."""
    people = {}
    for number in range(101, 101 + count):
        first, last = random.choice(names.FIRST), random.choice(names.LAST)
        login = f"{first[0]}{last}{number}".lower()
        people[number] = Member(
            id=number,
            identifier=login,
            first_name=first,
            last_name=last,
            email=f"{login}@msp.example",
            hourly_rate=random.choice((95, 125, 150, 185)),
            left=number % 8 == 0,
        )
    return people


def catalog(random: Random, technicians: int = 24) -> Catalog:
    """The lists of an MSP like many."""
    return Catalog(
        members=members(random, technicians),
        boards=labels(names.BOARDS),
        statuses=labels(names.STATUSES, first=11, closed=names.CLOSED),
        priorities=labels(names.PRIORITIES),
        types=labels(names.TYPES, first=5),
        sources=labels(names.SOURCES),
        work_types=labels(names.WORK_TYPES),
        company_statuses=labels(names.COMPANY_STATUSES),
        company_types=labels(names.COMPANY_TYPES),
        markets=labels(names.MARKETS, first=20),
    )

"""Real input: the log of 890 real incidents, replayed through the APIs and pulled as time goes on."""

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest
from tests.lab import Lab, World, lab, simulate

from simulator.servicenow_log import LOG_STATES

START = datetime(2016, 3, 2, 8, tzinfo=UTC)
HOURLY, DAYS, DAY = 1.0, 7 * 24.0, 24.0
STEPS = [*[HOURLY] * 6, DAY, DAY, DAYS, DAYS, 4 * DAY + 4, HOURLY, HOURLY, DAYS, 8 * DAYS, 45 * DAYS]
"""Hours between pulls: the log's busiest hours one by one, then faster to beyond its end."""
LAG = timedelta(seconds=60)

Line = dict[str, str]
State = tuple[str, ...]


def connectwise(line: Line) -> State:
    """A line of the log as a ticket of ConnectWise."""
    label = f"{line['category']} {line['subcategory']}"
    key = f"connectwise:{int(line['number'].removeprefix('INC'))}"
    return key, line["incident_state"], line["priority"], line["assignment_group"], line["category"], label


def servicenow(line: Line) -> State:
    """A line of the log as an incident of ServiceNow."""
    return line["number"], line["incident_state"], line["priority"][0], line["category"], line["subcategory"]


COLUMNS = {
    "connectwise": "ticket_key, status_raw, priority_raw, board, type_raw, title",
    "servicenow": "number, status_raw, priority_raw, coalesce(subtype, '?'), coalesce(item, '?')",
}
AS_TICKET: dict[str, Callable[[Line], State]] = {"connectwise": connectwise, "servicenow": servicenow}


@pytest.mark.parametrize("source", list(COLUMNS))
async def test_the_real_log_arrives_whole(tmp_path, event_log, source):
    """P1, T1: `tickets` has each incident's last state, the history every state that a pull could see, in order."""
    lines = in_order(event_log)
    with simulate("--events", str(event_log), "--at", f"{START:%Y-%m-%dT%H:%M:%S}") as world:
        async with lab(tmp_path) as there:
            await there.add("acme", source, world.credential(source))
            pulls = [moment async for moment in pulled(there, world)]
            states = told(await there.sql(f"select {COLUMNS[source]}, updated_at_source from tickets", "acme"))
            history = told(
                await there.sql(
                    f"select {COLUMNS[source]}, updated_at_source from tickets_history order by ticket_key, version",
                    "acme",
                )
            )
    assert pulls[-1] > at(lines[-1]) + LAG, "the steps do not reach the end of the log"
    expected = seen(lines, pulls, AS_TICKET[source])
    assert len(expected) == len(states) == 890
    assert states == {key: versions[-1:] for key, versions in expected.items()}
    assert history == expected
    assert any(len(versions) > 4 for versions in history.values())


async def pulled(there: Lab, world: World):
    """Pull now and after each step; yields the world's time of each pull."""
    moment = START
    for hours in (0.0, *STEPS):
        world.advance(hours)
        there.wait(hours)
        moment += timedelta(hours=hours)
        await there.run()
        assert not there.tally.troubles
        yield moment


def in_order(event_log) -> list[Line]:
    """The log by time; among ties the order of the file stands."""
    with event_log.open(encoding="utf-8", newline="") as file:
        return sorted(csv.DictReader(file), key=at)


def at(line: Line) -> datetime:
    """When a line happened."""
    return datetime.strptime(line["sys_updated_at"], "%d-%m-%Y %H:%M").replace(tzinfo=UTC)


def seen(lines: list[Line], pulls: list[datetime], as_ticket: Callable[[Line], State]) -> dict[str, list[tuple]]:
    """The states that these pulls could see: an incident's last line before the pull, unless it is too fresh."""
    found: dict[str, list[tuple]] = {}
    for number in {line["number"] for line in lines}:
        mine = [line for line in lines if line["number"] == number]
        shown = [line for moment in pulls for line in visible(mine, moment)]
        states = [(*as_ticket(line)[1:], at(line)) for line in shown]
        found[as_ticket(mine[0])[0]] = [state for state, _ in groupby(states)]
    return found


def visible(lines: list[Line], moment: datetime) -> Iterator[Line]:
    """An incident as it stands at a moment, unless it changed within the lag."""
    before = [line for line in lines if at(line) <= moment]
    if before and at(before[-1]) < moment - LAG:
        yield before[-1]


def told(rows: list[dict]) -> dict[str, list[tuple]]:
    """Rows of the lake by key, in their order; ServiceNow's state codes in the log's words."""
    found: dict[str, list[tuple]] = {}
    for key, status, *rest in (row.values() for row in rows):
        found.setdefault(key, []).append((LOG_STATES.get(status, status), *rest))
    return found

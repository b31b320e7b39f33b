import csv

import httpx
from starlette.applications import Starlette

from simulator import servicenow
from simulator.servicenow_log import LOG_STATES
from simulator.site import Site
from simulator.world_log import replayed

SAME = ("number", "sys_mod_count", "reopen_count", "category", "subcategory", "u_symptom", "sys_updated_by")
SHOWN = {
    "incident_state": "incident_state",
    "priority": "priority",
    "caller_id": "caller_id",
    "opened_by": "opened_by",
    "assigned_to": "assigned_to",
    "assignment_group": "assignment_group",
    "location": "location",
    "problem_id": "problem_id",
    "close_code": "closed_code",
}


async def test_an_incident_of_the_log_has_its_lines_values(event_log):
    """Real input: every incident's last state, codes and references by their labels."""
    world = replayed(event_log)
    world.advance(500 * 86400)
    with event_log.open(encoding="utf-8", newline="") as file:
        last = {}
        for line in csv.DictReader(file):
            before = last.get(line["number"])
            if before is None or moment(line["sys_updated_at"]) >= moment(before["sys_updated_at"]):
                last[line["number"]] = line
    site = Site(world)
    secret = servicenow.credentials(site)
    app = httpx.ASGITransport(Starlette(routes=servicenow.routes(site)))
    async with httpx.AsyncClient(
        transport=app, base_url="http://sn.test", auth=(secret["username"], secret["password"])
    ) as client:
        answer = await client.get("/api/now/table/incident?sysparm_display_value=all")
    found = {row["number"]["value"]: row for row in answer.json()["result"]}
    assert found.keys() == last.keys()
    for number, line in last.items():
        row = found[number]
        assert {name: row[name]["value"] for name in SAME} == {name: blank(line[name]) for name in SAME}
        assert {name: row[name]["display_value"] for name in SHOWN} == {
            name: blank(line[column]) for name, column in SHOWN.items()
        }
        assert LOG_STATES.get(row["state"]["value"], row["state"]["value"]) == line["incident_state"]
        day, hour = line["sys_updated_at"].split(" ")
        assert row["sys_updated_on"]["value"] == f"{'-'.join(reversed(day.split('-')))} {hour}:00"


def moment(text):
    """A stamp that sorts as time does."""
    day, hour = text.split(" ")
    return "-".join(reversed(day.split("-"))), hour


def blank(text):
    """The log's `?` is an empty value."""
    return "" if text == "?" else text

from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette

from simulator import servicenow
from simulator.faults import Fault, Faults
from simulator.gateway import Gateway
from simulator.servicenow_instance import Ids
from simulator.site import Site
from simulator.vendor_ids import vendor_ids
from simulator.world_birth import seeded

BY_INDEX = "ORDERBYsys_updated_on^ORDERBYsys_id"


def served(*faults, hours=0):
    """A site and a signed-in client of its instance."""
    site = Site(seeded(3, 300), Faults(3, faults))
    site.world.advance(hours * 3600)
    app = Gateway(Starlette(routes=servicenow.routes(site)), site, (servicenow,))
    secret = servicenow.credentials(site)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://sn.test", auth=(secret["username"], secret["password"])
    )
    return site, client


async def rows(client, table, **params):
    """The rows of a list."""
    response = await client.get(f"/api/now/table/{table}", params=params)
    assert response.status_code == 200, response.text
    return response.json()["result"]


async def test_every_ticket_is_an_incident_under_its_own_sys_id():
    """The instance shows the world, nothing more and nothing less."""
    site, client = served(hours=48)
    shown = await rows(client, "incident", sysparm_fields="sys_id,sys_updated_on,caller_id")
    expected = {
        vendor_ids(site.world.seed, row)["servicenow_id"]: f"{datetime.fromtimestamp(row.updated_at, UTC):%F %T}"
        for row in site.world.tickets
    }
    assert {row["sys_id"]: row["sys_updated_on"] for row in shown} == expected


async def test_values_are_text_and_references_objects():
    """An empty reference is a string, a duration a date after 1970, an unknown field left out."""
    _, client = served()
    fields = "active,priority,time_worked,company,assigned_to,work_notes,nope,company.name"
    found = await rows(client, "incident", sysparm_fields=fields)
    assert all(set(row) == set(fields.split(",")) - {"nope"} for row in found)
    assert {row["active"] for row in found} == {"true", "false"}
    assert {row["assigned_to"] for row in found if isinstance(row["assigned_to"], str)} == {""}
    assert all(set(row["company"]) == {"link", "value"} for row in found)
    assert {row["time_worked"][:11] for row in found} == {"", "1970-01-01 "}


async def test_three_forms_of_a_value():
    """`true` shows labels in the user's zone and format, `all` both, without links if told."""
    _, client = served()
    asked = {
        "sysparm_limit": 1,
        "sysparm_query": "assigned_toISEMPTY",
        "sysparm_fields": "state,opened_at,assigned_to,company",
    }
    [raw] = await rows(client, "incident", **asked)
    [told] = await rows(client, "incident", sysparm_display_value="true", **asked)
    [both] = await rows(client, "incident", sysparm_display_value="all", sysparm_exclude_reference_link="true", **asked)
    assert raw["assigned_to"] == told["assigned_to"] == ""
    assert both["assigned_to"] == {"display_value": "", "value": ""}
    assert both["state"] == {"display_value": told["state"], "value": raw["state"]}
    assert told["opened_at"].endswith(("AM", "PM"))
    assert set(told["company"]) == {"display_value", "link"}
    assert set(both["company"]) == {"display_value", "value"}


async def test_bare_references():
    """Without links a reference is its sys_id."""
    _, client = served()
    [row] = await rows(client, "incident", sysparm_limit=1, sysparm_exclude_reference_link="true")
    assert len(row["company"]) == 32


async def test_the_link_header_has_no_space_and_a_prev_below_zero():
    """T4: header spelling of a live instance; next is missing on the last page."""
    _, client = served()
    first = await client.get("/api/now/table/incident?sysparm_limit=100")
    link, total = first.headers["Link"], int(first.headers["X-Total-Count"])
    assert link.startswith('<http://sn.test/api/now/table/incident?sysparm_limit=100&sysparm_offset=0>;rel="first",<')
    assert 'sysparm_offset=-100>;rel="prev"' in link
    assert f'sysparm_offset={(total - 1) // 100 * 100}>;rel="last"' in link
    last = await client.get(f"/api/now/table/incident?sysparm_limit=100&sysparm_offset={(total - 1) // 100 * 100}")
    assert 'rel="next"' not in last.headers["Link"]
    bare = await client.get("/api/now/table/incident?sysparm_suppress_pagination_header=true&sysparm_no_count=true")
    assert not {"link", "x-total-count"} & set(bare.headers)


async def test_row_rules_hide_after_the_limit_cuts():
    """T6: pages are short or empty while rows remain, and the total counts the hidden ones."""
    _, client = served("acl")
    sizes, offset, total = [], 0, 1
    while offset < total:
        params = {"sysparm_limit": 2, "sysparm_offset": offset, "sysparm_query": BY_INDEX}
        answer = await client.get("/api/now/table/incident", params=params)
        sizes.append(len(answer.json()["result"]))
        total, offset = int(answer.headers["X-Total-Count"]), offset + 2
    assert sum(sizes) < total
    assert {0, 1, 2} == set(sizes)


async def test_a_keyset_walk_sees_every_row_once():
    """T3: ties share a second, the sys_id decides."""
    site, client = served(hours=48)
    seen, after = [], None
    while True:
        query = BY_INDEX
        if after:
            query = f"sys_updated_on={after[0]}^sys_id>{after[1]}^NQsys_updated_on>{after[0]}^{BY_INDEX}"
        page = await rows(client, "incident", sysparm_query=query, sysparm_limit=40)
        if not page:
            break
        seen += [row["sys_id"] for row in page]
        after = page[-1]["sys_updated_on"], page[-1]["sys_id"]
    assert len(seen) == len(set(seen)) == len(site.world.tickets)


async def test_an_invalid_part_of_a_query_is_ignored():
    """T7: more rows come back; with the instance's property set, none."""
    site, client = served()
    typo = {"sysparm_query": "sys_updated_onn>=2030-01-01 00:00:00", "sysparm_fields": "number"}
    assert len(await rows(client, "incident", **typo)) == len(site.world.tickets)
    site.faults.switch("strict-query", on=True)
    assert await rows(client, "incident", **typo) == []


async def test_plain_parameters_are_a_query():
    """`field=value` filters where no sysparm_query is given."""
    _, client = served()
    assert [row["number"] for row in await rows(client, "incident", number="INC0000007")] == ["INC0000007"]


async def test_deletes_are_filed_under_the_real_class():
    """T15: a deleted change request is not found under incident or task."""
    site, client = served("task-classes", hours=400)
    graves = await rows(client, "sys_audit_delete")
    ids = Ids(site.world.seed)
    expected = {
        ids.of(kind, key)
        for kind in ("tickets", "time_entries", "contacts")
        for key in site.world.tables[kind].tombstones
    }
    expected |= {ids.of("companies", row.id) for row in site.world.companies if row.deleted_at}
    assert {row["documentkey"] for row in graves} == expected
    assert "incident" in {row["tablename"] for row in graves}
    assert "task" not in {row["tablename"] for row in graves}
    assert {row["tablename"] for row in graves} & {"sc_req_item", "change_request", "problem"}


async def test_task_holds_every_class():
    """Querying the parent mixes classes; each class's own table holds its part."""
    site, client = served("task-classes")
    parts = [len(await rows(client, name)) for name in ("incident", "sc_req_item", "change_request", "problem")]
    found = await rows(client, "task", sysparm_fields="sys_class_name")
    assert sum(parts) == len(found) == len(site.world.tickets)
    assert len({row["sys_class_name"] for row in found}) == 4


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/api/now/table/nix", 400, "Invalid table nix"),
        ("/api/now/table/time_card", 400, "Invalid table time_card"),
        ("/api/now/nix/incident", 400, "Requested URI does not represent any resource"),
        ("/api/now/table/incident/0123", 404, "No Record found"),
        ("/api/now/v1/table/incident?number=nope", 404, "No Record found"),
        ("/api/now/v2/table/incident?number=nope", 200, None),
        (f"/api/now/table/incident?sysparm_query={'numberx=1^OR' * 1500}", 414, "Request-URI Too Long"),
    ],
)
async def test_errors(path, status, message):
    """The envelope of the Table API; only v1 answers 404 to an empty list."""
    _, client = served()
    response = await client.get(path)
    assert response.status_code == status
    assert response.json().get("error", {}).get("message") == message


async def test_a_stranger_is_refused():
    """401 with the words of the instance."""
    _, client = served()
    refused = await client.get("/api/now/table/incident", auth=("nobody", "x"))
    assert refused.status_code == 401
    assert refused.json()["error"]["message"] == "User Not Authenticated"


async def test_a_token_is_given_again_while_it_lasts():
    """expires_in shrinks with the world's clock; afterwards the refresh token gets a new one."""
    site, client = served()
    secret = servicenow.credentials(site)
    form = {
        **{name: secret[name] for name in ("client_id", "client_secret", "username", "password")},
        "grant_type": "password",
    }
    first = (await client.post("/oauth_token.do", data=form, auth=None)).json()
    site.world.advance(600)
    again = (await client.post("/oauth_token.do", data=form)).json()
    assert (first["expires_in"], again["expires_in"]) == (1800, 1200)
    assert first["access_token"] == again["access_token"]
    bearer = {"Authorization": f"Bearer {first['access_token']}"}
    assert (await client.get("/api/now/table/incident", headers=bearer, auth=None)).status_code == 200
    site.world.advance(1200)
    assert (await httpx_get(client, bearer)).status_code == 401
    refresh = {**form, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    renewed = (await client.post("/oauth_token.do", data=refresh)).json()
    assert renewed["access_token"] != first["access_token"]
    alone = (await client.post("/oauth_token.do", data={**form, "grant_type": "client_credentials"})).json()
    assert "refresh_token" not in alone
    assert (await client.post("/oauth_token.do", json=form)).status_code == 401


async def httpx_get(client, headers):
    """A request with these headers only."""
    bare = httpx.AsyncClient(transport=client._transport, base_url=client.base_url)
    return await bare.get("/api/now/table/incident", headers=headers)


async def test_a_late_error_stands_in_a_200():
    """T9: the status was sent before the 60 seconds were over; the rows before the error are not all."""
    site, client = served("late-error")
    site.faults.table = {**site.faults.table, "late-error": Fault("now")}
    answer = await client.get("/api/now/table/incident?sysparm_limit=50")
    assert answer.status_code == 200
    assert answer.json()["status"] == "failure"
    assert "maximum execution time exceeded" in answer.json()["error"]["message"]
    assert 0 < len(answer.json()["result"]) < 50


async def test_both_kinds_of_429():
    """A rule tells when to come back, a semaphore does not."""
    told, bare = servicenow.REFUSALS["429"](), servicenow.REFUSALS["429-bare"]()
    assert {"retry-after", "x-ratelimit-limit", "x-ratelimit-reset", "x-ratelimit-rule"} <= set(told.headers)
    assert not any(name.startswith("x-ratelimit") or name == "retry-after" for name in bare.headers)


async def test_aggregates():
    """Counts and extremes are text, in groups if asked."""
    site, client = served()
    whole = await client.get("/api/now/stats/incident?sysparm_count=true&sysparm_min_fields=sys_updated_on")
    assert whole.json()["result"]["stats"]["count"] == str(len(site.world.tickets))
    groups = await client.get("/api/now/stats/incident?sysparm_count=true&sysparm_group_by=state")
    assert sum(int(group["stats"]["count"]) for group in groups.json()["result"]) == len(site.world.tickets)


async def test_time_cards_add_up_a_week():
    """Where the plugin is there, the cards hold the hours of all time entries."""
    site, client = served("time-cards")
    hours = sum(float(row["total"]) for row in await rows(client, "time_card"))
    assert hours == pytest.approx(sum(entry.minutes for entry in site.world.time_entries) / 60, abs=5)


async def test_an_overflow_of_a_session_is_an_empty_202():
    """Only clients that send the cookie back queue up behind themselves."""
    site, client = served("session-overflow")
    site.faults.table = {
        **site.faults.table,
        "session-overflow": Fault("now"),
    }
    assert (await client.get("/api/now/table/incident?sysparm_limit=1")).status_code == 200
    second = await client.get("/api/now/table/incident?sysparm_limit=1")
    assert (second.status_code, second.content) == (202, b"")


@pytest.mark.parametrize(
    ("fault", "path", "status"),
    [
        ("no-audit", "sys_audit_delete", 403),
        ("forbidden", "incident", 403),
        ("unauthorized", "incident", 401),
    ],
)
async def test_missing_rights(fault, path, status):
    """Rights are told by status."""
    _, client = served(fault)
    assert (await client.get(f"/api/now/table/{path}")).status_code == status


async def test_without_an_order_pages_overlap():
    """T4: no implicit sort; an order makes pages stable."""
    site, client = served("unordered")
    for query, stable in (("", False), (BY_INDEX, True)):
        seen = set()
        for offset in range(0, len(site.world.tickets), 50):
            params = {"sysparm_query": query, "sysparm_limit": 50, "sysparm_offset": offset}
            seen |= {row["sys_id"] for row in await rows(client, "incident", **params)}
        assert (len(seen) == len(site.world.tickets)) == stable


async def test_links_may_name_another_host():
    """A link is not to be followed to wherever it points."""
    _, client = served("foreign-links")
    answer = await client.get("/api/now/table/incident?sysparm_limit=5")
    assert "http://elsewhere.example/" in answer.headers["Link"]


async def test_references_between_tables_resolve():
    """Companies, callers, technicians and tasks are all found where the reference points."""
    _, client = served()
    [incident] = await rows(
        client, "incident", sysparm_limit=1, sysparm_query="assigned_toISNOTEMPTY^company.nameISNOTEMPTY"
    )
    for name in ("company", "assigned_to", "opened_by", "assignment_group"):
        assert (await client.get(incident[name]["link"])).json()["result"]["sys_id"] == incident[name]["value"]
    [work] = await rows(client, "task_time_worked", sysparm_limit=1)
    assert (await client.get(work["task"]["link"])).json()["result"]["sys_class_name"] == "incident"


async def test_rows_change_while_they_are_read():
    """T5: an edit in the middle of a list."""
    site, client = served("edits")
    site.faults.table = {**site.faults.table, "edits": Fault("now")}
    before = site.world.tickets.revision
    await rows(client, "incident", sysparm_limit=1)
    assert site.world.tickets.revision == before + 1

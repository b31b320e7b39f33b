"""ConnectWise as the simulator serves it: the facts of the vendor's REST 3.0, one by one."""

import gzip
import re
from email.utils import parsedate_to_datetime

import httpx
import msgspec
import pytest

from simulator.faults import Faults
from simulator.server import application, credentials
from simulator.site import Site
from simulator.world import START
from simulator.world_birth import seeded

ROOT = "/v2025_1/apis/3.0"
TICKETS = f"{ROOT}/service/tickets"
COLLECTIONS = ("service/tickets", "time/entries", "company/companies", "company/contacts")


def site_with(*faults: str) -> Site:
    """A small MSP; the rate of its faults is certain."""
    return Site(seeded(seed=5, tickets=400), Faults(5, faults), "http://cw.test")


def client_of(site: Site, **options) -> httpx.AsyncClient:
    """A client that has signed in."""
    known = credentials(site)["connectwise"]
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application(site, **options)),
        base_url="http://cw.test",
        auth=(f"{known['company_id']}+{known['public_key']}", known["private_key"]),
        headers={"clientId": known["client_id"]},
    )


@pytest.fixture
def site() -> Site:
    """Without faults."""
    return site_with()


@pytest.fixture
async def cw(site):
    """Signed in."""
    async with client_of(site) as client:
        yield client


async def test_the_codebase_comes_from_company_info(cw):
    """Open to all, with a trailing slash; a company nobody knows is `null` with 200."""
    found = (await cw.get("/login/companyinfo/msp5", headers={"Authorization": ""})).json()
    assert found["Codebase"] == "v2025_1/"
    assert {"CompanyName", "VersionCode", "VersionNumber", "CompanyID", "IsCloud"} <= found.keys()
    unknown = await cw.get("/login/companyinfo/nobody")
    assert (unknown.status_code, unknown.text) == (200, "null")


@pytest.mark.parametrize("base", ["v4_6_release", "v2025_1"])
async def test_router_and_codebase_lead_in(cw, base):
    """Both prefixes serve."""
    assert (await cw.get(f"/{base}/apis/3.0/system/info")).json().keys() >= {"version", "isCloud", "serverTimeZone"}


async def test_headers_of_an_answer(cw):
    """The vendor's own headers, and a Date of the world's clock."""
    headers = (await cw.get(TICKETS)).headers
    assert headers["api-current-version"]
    assert headers["x-cw-request-id"]
    assert headers["cache-control"] == "no-cache"
    assert parsedate_to_datetime(headers["date"]).timestamp() == START


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        (TICKETS, {"Authorization": "Basic bm8rOm5v"}, 401, "Unauthorized"),
        (TICKETS, {"Authorization": "Basic ä".encode()}, 401, "Unauthorized"),
        (f"{ROOT}/service/nothing", {}, 404, "ConnectWiseApi"),
        ("/v2099_1/apis/3.0/service/tickets", {}, 404, "ConnectWiseApi"),
        (f"{TICKETS}/999999", {}, 404, "NotFound"),
        (f"{TICKETS}?conditions=invoiceDate>[2026-01-01]", {}, 400, "ApiFindCondition"),
        (f"{TICKETS}?conditions=severity=%22Extreme%22", {}, 400, "ApiFindCondition"),
        (f"{TICKETS}?conditions=id%20~%201", {}, 400, "ApiFindCondition"),
        (f"{TICKETS}?conditions=(id=1", {}, 400, "ApiFindCondition"),
        (f"{ROOT}/company/contacts?conditions=communicationItems/value=%22x%22", {}, 400, "ApiFindCondition"),
        (f"{TICKETS}?orderBy=nothing", {}, 400, "ApiFindCondition"),
    ],
)
async def test_refusals(cw, path, headers, status, code):
    """Every error is {code, message}, with the recorded codes."""
    cw.auth = None if headers else cw.auth
    answer = await cw.get(path, headers=headers)
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["message"]


async def test_no_credentials_and_no_client_id(site):
    """Two different refusals: JSON 401, and a 403 that is not JSON."""
    async with client_of(site) as cw:
        cw.headers.pop("clientId")
        answer = await cw.get(TICKETS)
        assert answer.status_code == 403
        assert answer.headers["content-type"].startswith("text/plain")
        cw.auth = None
        assert (await cw.get(TICKETS)).json() == {"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}


async def test_writes_are_validated_then_refused(cw):
    """A missing field is named; a whole object needs a right that this member lacks."""
    path = f"{ROOT}/company/contacts"
    body = (await cw.post(path, json={"lastName": "Poe"})).json()
    assert body["code"] == "InvalidObject"
    assert body["errors"][0] == {
        "code": "MissingRequiredField",
        "message": "The firstName field is required.",
        "resource": "contact",
        "field": "firstName",
    }
    assert (await cw.post(path, json={"firstName": "Ann"})).json()["code"] == "Security"
    assert (await cw.post(path, content=b"x", headers={"Content-Type": "text/plain"})).status_code == 415


async def test_pages_default_to_25_and_end_at_1000(site, cw):
    """PageSize is 25 unless asked, and silently 1000 at most."""
    assert len((await cw.get(TICKETS)).json()) == 25
    assert len((await cw.get(f"{ROOT}/time/entries", params={"pageSize": 5000})).json()) == min(
        1000, len(site.world.time_entries)
    )


async def test_the_link_header_as_recorded(cw):
    """`page` stands last, escapes are in small letters, `next` and `last` are named."""
    params = {"conditions": "LastUpdated >= [2020-04-01T20:02:28Z]", "pageSize": "100"}
    link = (await cw.get(TICKETS, params=params)).headers["link"]
    wanted = (
        f"<http://cw.test{TICKETS}?conditions=LastUpdated+%3e%3d+%5b2020-04-01T20%3a02%3a28Z%5d&pageSize=100&page=2>"
    )
    assert link.startswith(f'{wanted}; rel="next", ')
    assert re.findall(r'page=(\d+)>; rel="(.*?)"', link) == [("2", "next"), ("4", "last")]


async def test_beyond_the_last_page_is_empty(cw):
    """200, no rows, no `next`."""
    answer = await cw.get(TICKETS, params={"page": 99})
    assert (answer.status_code, answer.json()) == (200, [])
    assert "next" not in answer.headers.get("link", "")


@pytest.mark.parametrize("path", COLLECTIONS)
async def test_forward_only_walks_all(cw, path):
    """By pageId in the order of ids; the Link header is there on every page and empty on the last."""
    ids, params = [], {"pageSize": "150"}
    while True:
        answer = await cw.get(f"{ROOT}/{path}", params=params, headers={"pagination-type": "forward-only"})
        ids += [row["id"] for row in answer.json()]
        link = answer.headers["link"]
        if not link:
            break
        params["pageId"] = re.findall(r'pageId=(\d+)>; rel="next"', link)[0]
    count = (await cw.get(f"{ROOT}/{path}/count")).json()["count"]
    assert len(ids) == count
    assert ids == sorted(set(ids))


async def test_forward_only_has_no_order(cw):
    """OrderBy is refused."""
    answer = await cw.get(TICKETS, params={"orderBy": "id"}, headers={"pagination-type": "forward-only"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ('board/name = "Help Desk"', lambda row: row["board"]["name"] == "Help Desk"),
        ('BOARD/Name="help desk"', lambda row: row["board"]["name"] == "Help Desk"),
        ("closedFlag = False AND actualHours >= 1.5", lambda row: not row["closedFlag"] and row["actualHours"] >= 1.5),
        ("company/id=3 or company/id = 4", lambda row: row["company"]["id"] in {3, 4}),
        ("id in (1, 2,3)", lambda row: row["id"] in {1, 2, 3}),
        ("id not in (1,2)", lambda row: row["id"] not in {1, 2}),
        ("owner = null", lambda row: "owner" not in row),
        ("closedDate != null and status/sort > 2", lambda row: "closedDate" in row and row["status"]["Sort"] > 2),
        ('summary contains "vpn"', lambda row: "VPN" in row["summary"]),
        ('summary not contains "vpn"', lambda row: "VPN" not in row["summary"]),
        ("summary like '%hourly' AND (id < 100 OR id >= 200)", lambda row: row["summary"].endswith("hourly")),
        ("dateEntered > [2025-09-01]", lambda row: row["_info"]["dateEntered"] > "2025-09-01"),
        ("_info/lastUpdated < [2025-09-01T00:00:00Z]", lambda row: row["_info"]["lastUpdated"] < "2025-09-01"),
        ("lastUpdated >= [2025-09-01T02:00:00+02:00]", lambda row: row["_info"]["lastUpdated"] >= "2025-09-01"),
    ],
)
async def test_conditions(cw, conditions, holds):
    """The rows shown are those that meet the condition, and count agrees."""
    rows = (await cw.get(TICKETS, params={"conditions": conditions, "pageSize": 1000})).json()
    everything = (await cw.get(TICKETS, params={"pageSize": 1000})).json()
    expected = [row["id"] for row in everything if holds(row)]
    if "id < 100" in conditions:
        expected = [row_id for row_id in expected if row_id < 100 or row_id >= 200]
    assert expected
    assert [row["id"] for row in rows] == expected
    assert (await cw.get(f"{TICKETS}/count", params={"conditions": conditions})).json()["count"] == len(expected)
    found = (await cw.post(f"{TICKETS}/search", params={"pageSize": 1000}, json={"conditions": conditions})).json()
    assert found == rows


async def test_a_keyset_walk_sees_each_row_once(site, cw):
    """`lastUpdated` bounds with `id > n` and orderBy id: pages until an empty one."""
    window = "lastUpdated >= [2025-06-01T00:00:00Z] AND lastUpdated < [2026-03-03T00:00:00Z]"
    ids: list[int] = []
    while True:
        conditions = f"({window}) AND id > {ids[-1] if ids else 0}"
        rows = (await cw.get(TICKETS, params={"conditions": conditions, "orderBy": "id asc", "pageSize": 60})).json()
        if not rows:
            break
        ids += [row["id"] for row in rows]
    low, high = 1748736000, 1772496000
    assert ids == sorted(row.id for row in site.world.tickets if low <= row.updated_at < high)


@pytest.mark.parametrize("path", COLLECTIONS)
async def test_all_entities_react_to_last_updated(cw, path):
    """Though only `_info` shows it."""
    since = "[2026-01-01T00:00:00Z]"
    rows = (await cw.get(f"{ROOT}/{path}", params={"conditions": f"lastUpdated > {since}", "pageSize": 1000})).json()
    assert rows
    assert all(row["_info"]["lastUpdated"] > "2026-01-01" and "lastUpdated" not in row for row in rows)


async def test_order_by_several_and_nested(cw):
    """Each name with its own direction."""
    order = "status/name desc, lastUpdated asc, id asc"
    rows = (await cw.get(TICKETS, params={"orderBy": order, "pageSize": 1000})).json()
    names = [row["status"]["name"].lower() for row in rows]
    assert names == sorted(names, reverse=True)
    first = [(row["_info"]["lastUpdated"], row["id"]) for row in rows if row["status"]["name"].lower() == names[0]]
    assert first == sorted(first)


async def test_fields_drop_info_unless_asked(cw):
    """A projection keeps what it names, nested too; unknown names are dropped."""
    params = {"fields": "id,STATUS/name,communicationItems/value,nothing", "pageSize": 1}
    row = (await cw.get(TICKETS, params=params)).json()[0]
    assert row.keys() == {"id", "status"}
    assert row["status"].keys() == {"name"}
    row = (await cw.get(TICKETS, params={"fields": "id,_info/lastUpdated", "pageSize": 1})).json()[0]
    assert row["_info"].keys() == {"lastUpdated"}


async def test_child_and_custom_field_conditions(cw):
    """Child arrays have parameters of their own; one element must meet the whole."""
    path = f"{ROOT}/company/contacts"
    child = 'communicationItems/value like "%.example" AND communicationItems/communicationType="Email"'
    rows = (await cw.get(path, params={"childConditions": child, "pageSize": 1000})).json()
    assert rows
    assert all(any(item["communicationType"] == "Email" for item in row["communicationItems"]) for row in rows)
    custom = 'caption="Vendor Ticket" AND value = "A-1"'
    for row in (await cw.get(path, params={"customFieldConditions": custom})).json():
        assert row["customFields"][0]["value"] == "A-1"
    count = (await cw.get(f"{path}/count", params={"childConditions": child})).json()["count"]
    assert count == len(rows)


async def test_oddities_of_records(site, cw):
    """Nulls are left out, `Sort` and `sort`, `_info` is text to text, zero-width characters, extra fields."""
    rows = (await cw.get(TICKETS, params={"pageSize": 1000})).json()
    assert all(value is not None for row in rows for value in row.values())
    assert any("owner" not in row for row in rows)
    assert "Sort" in rows[0]["status"]
    assert "sort" in rows[0]["priority"]
    assert "dateEntered" not in rows[0]
    assert all(isinstance(value, str) for value in rows[0]["_info"].values())
    assert any("\u200b" in row["customFields"][0]["value"] for row in rows)
    assert any("value" not in field for field in rows[0]["customFields"])
    left = {member.id for member in site.world.catalog.members.values() if member.left}
    gone = next(row["owner"]["id"] for row in rows if row.get("owner", {}).get("id") in left)
    assert (await cw.get(f"{ROOT}/system/members/{gone}")).status_code == 404
    entry = (await cw.get(f"{ROOT}/time/entries", params={"pageSize": 1})).json()[0]
    assert isinstance(entry["hourlyCost"], str)
    assert {"billingMethod", "status"} <= entry["ticket"]["_info"].keys()


async def test_deletes(site, cw):
    """A hard-deleted ticket is 404 and in the audit trail; a binned company is still listed."""
    site.world.delete("tickets", 17)
    assert (await cw.get(f"{TICKETS}/17")).json()["message"] == "Ticket 17 not found"
    trail = (await cw.get(f"{ROOT}/system/audittrail", params={"type": "Ticket", "id": 17})).json()
    assert trail[0]["auditSubType"] == "Deleted"
    binned = (await cw.get(f"{ROOT}/company/companies", params={"conditions": "deletedFlag = True"})).json()
    assert binned
    assert all(row["dateDeleted"] for row in binned)


async def test_gzip_when_accepted(cw):
    """Packed or plain, the same rows."""
    async with cw.stream("GET", TICKETS, headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join([part async for part in answer.aiter_raw()])
    plain = await cw.get(TICKETS, headers={"Accept-Encoding": "identity"})
    assert gzip.decompress(packed) == plain.content


async def test_the_world_tells_the_truth(site, cw):
    """`/_world` moves the clock and shows what every client must end with."""
    before = (await cw.get("/_world/now")).json()
    after = (await cw.post("/_world/advance", json={"hours": 5, "minutes": 30})).json()
    assert (before["now"], after["now"]) == ("2026-03-02T08:00:00Z", "2026-03-02T13:30:00Z")
    truth = {row["id"]: row for row in (await cw.get("/_world/tickets")).json()}
    rows = (await cw.get(TICKETS, params={"pageSize": 1000})).json()
    assert {row["id"]: row["_info"]["lastUpdated"] for row in rows} == {
        row_id: row["updated_at"] for row_id, row in truth.items()
    }
    assert all(truth[row["id"]]["status"] == row["status"]["name"] for row in rows)
    history = (await cw.get("/_world/tickets/history", params={"since": before["now"]})).json()
    assert {row["id"] for row in history} <= truth.keys() | site.world.tickets.tombstones.keys()
    assert len((await cw.get("/_world/tickets/tombstones")).json()) == len(site.world.tickets.tombstones)
    assert (await cw.get("/_world/nothing")).status_code == 404
    assert (await cw.post("/_world/advance", json={"hours": -1})).status_code == 400


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ("429", 429, "ConnectWiseAPI"),
        ("429-bare", 429, "ConnectWiseAPI"),
        ("500", 500, "A timeout has occured"),
        ("503", 503, "<html>"),
        ("html", 200, "<html>"),
        ("unauthorized", 401, "Unauthorized"),
        ("forbidden", 403, "Security"),
    ],
)
async def test_faults_of_answers(fault, status, text):
    """Each shows up within some requests, and a client that asks again gets through."""
    async with client_of(site_with(fault)) as cw:
        answers = [await cw.get(TICKETS, params={"pageSize": 1}) for _ in range(60)]
    struck = [answer for answer in answers if answer.status_code == status and text in answer.text]
    assert struck
    assert all(("retry-after" in answer.headers) == (fault == "429") for answer in struck)
    assert fault in {"unauthorized", "forbidden"} or len(struck) < 40


async def test_faults_of_lists():
    """T6, T7, T8, T9: short pages, dropped filters, repeated pages, dense windows."""
    async with client_of(site_with("clamp")) as cw:
        assert len((await cw.get(TICKETS, params={"pageSize": 1000})).json()) == 100
    async with client_of(site_with("no-filter")) as cw:
        params = {"conditions": "id < 5", "pageSize": 1000}
        sizes = {len((await cw.get(TICKETS, params=params)).json()) for _ in range(40)}
        assert sizes == {4, 400}
    async with client_of(site_with("repeat-page")) as cw:
        firsts = {(await cw.get(TICKETS, params={"page": 2})).json()[0]["id"] for _ in range(40)}
        assert firsts == {1, 26}
    dense = Site(seeded(seed=5, tickets=2100), Faults(5, ("timeout",)), "http://cw.test")
    async with client_of(dense) as cw:
        assert (await cw.get(TICKETS)).status_code == 500
        assert (await cw.get(TICKETS, params={"conditions": "lastUpdated > [2026-01-01]"})).status_code == 200


async def test_faults_of_rows():
    """T18, T19: NUL characters and a skewed clock; rows edited and deleted between pages; foreign links."""
    async with client_of(site_with("nul", "skew", "foreign-links")) as cw:
        answer = await cw.get(TICKETS)
        assert b"\\u0000" in answer.content
        assert parsedate_to_datetime(answer.headers["date"]).timestamp() == START + 240
        assert answer.headers["link"].startswith("<https://na.other.example/")
    changing = site_with("edits", "deletes")
    async with client_of(changing) as cw:
        for _ in range(40):
            await cw.get(TICKETS)
    assert changing.world.tickets.tombstones
    assert changing.world.now > START


async def test_a_moved_codebase_is_found_again(cw):
    """After an upgrade the old path is gone, and company info names the new one."""
    await cw.post("/_world/fault", json={"name": "codebase-moved"})
    assert (await cw.get(TICKETS)).status_code == 404
    base = (await cw.get("/login/companyinfo/msp5")).json()["Codebase"]
    assert (await cw.get(f"/{base}apis/3.0/service/tickets")).status_code == 200


async def test_requests_are_counted_and_paced(site):
    """P6: over the limit comes 429 with Retry-After; what was asked can be read."""
    async with client_of(site, requests_per_minute=3) as cw:
        answers = [(await cw.get(TICKETS)) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert int(answers[-1].headers["retry-after"]) in range(1, 61)
        seen = (await cw.get("/_world/requests")).json()
    assert {"path": TICKETS, "status": 429, "count": 2} in seen["counts"]
    assert seen["total"] == len(seen["times"]) == 5


async def test_media_type_pins_the_version(cw):
    """The versioned media type is answered in kind."""
    wanted = "application/vnd.connectwise.com+json; version=2025.16"
    answer = await cw.get(TICKETS, headers={"Accept": wanted})
    assert answer.headers["content-type"].startswith("application/vnd.connectwise.com+json")
    assert msgspec.json.decode(answer.content)

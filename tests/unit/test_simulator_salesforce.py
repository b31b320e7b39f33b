import asyncio
import csv
import io

import httpx
import jwt
import pytest
from starlette.applications import Starlette

from simulator import salesforce
from simulator.faults import Fault, Faults
from simulator.gateway import Gateway
from simulator.salesforce_sheet import BLOCK, Sheet
from simulator.site import Site
from simulator.vendor_ids import vendor_ids
from simulator.world_birth import seeded

DATA = "/services/data/v62.0"


async def served(*faults, hours=0, tickets=300):
    """A site and a signed-in client of its org; faults that strike at a rate strike always."""
    site = Site(seeded(3, tickets), Faults(3, faults))
    site.faults.table = {name: Fault(fault.means) for name, fault in site.faults.table.items()}
    site.world.advance(hours * 3600)
    app = Gateway(Starlette(routes=salesforce.routes(site)), site, (salesforce,))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sf.test")
    sessions = salesforce.api_of(site).sessions
    sessions.lifetime = 10 * 86400.0
    token = sessions.begin()
    client.headers["Authorization"] = f"Bearer {token}"
    return site, client


async def asked(client, soql, path="query", **headers):
    """The answer to a query, whole."""
    return await client.get(f"{DATA}/{path}", params={"q": soql}, headers=headers)


async def records(client, soql, path="query"):
    """Every record of a query, over all its pages."""
    answer = (await asked(client, soql, path)).json()
    found = answer["records"]
    while not answer["done"]:
        answer = (await client.get(answer["nextRecordsUrl"])).json()
        found += answer["records"]
    return found


def truth(site, table):
    """The ids that the world's live rows have here."""
    return {vendor_ids(site.world.seed, row)["salesforce_id"] for row in site.world.tables[table]}


async def test_query_all_shows_deleted_and_merged_rows_too():
    """T15: hard deletes of the world are soft here; a loser of a merge names its master."""
    site, client = await served(hours=400)
    everything = await records(client, "SELECT Id, IsDeleted, MasterRecordId FROM Case", "queryAll")
    visible = {row["Id"] for row in await records(client, "SELECT Id FROM Case")}
    losers = {row["Id"] for row in everything if row["MasterRecordId"]}
    dead = {vendor_ids(site.world.seed, stone.row)["salesforce_id"] for stone in site.world.tickets.tombstones.values()}
    assert dead
    assert losers
    assert {row["Id"] for row in everything if row["IsDeleted"]} == dead | losers
    assert visible == truth(site, "tickets") - losers


async def test_long_results_are_read_by_cursor():
    """Pages of at most 2,000, at least 200; the next page is under /query/ even of queryAll."""
    _, client = await served(tickets=2500)
    first = (await asked(client, "SELECT Id FROM Case", "queryAll")).json()
    assert (first["totalSize"], len(first["records"]), first["done"]) == (2500, 2000, False)
    assert first["nextRecordsUrl"].startswith(f"{DATA}/query/0r8")
    assert first["nextRecordsUrl"].endswith("-2000")
    options = {"Sforce-Query-Options": "batchSize=10"}
    assert len((await asked(client, "SELECT Id FROM Case", **options)).json()["records"]) == 200


async def test_a_cursor_lasts_two_days():
    """Then, as for a made-up one, the locator is invalid."""
    site, client = await served(tickets=2500)
    following = (await asked(client, "SELECT Id FROM Case")).json()["nextRecordsUrl"]
    assert (await client.get(following)).status_code == 200
    site.world.advance(2 * 86400)
    for url in (following, f"{DATA}/query/0r8xx0000000001AAA-2000"):
        answer = await client.get(url)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


async def test_records_have_explicit_nulls_parents_and_compounds():
    """A parent is an object or null, an address one with null parts, a stamp ends in +0000."""
    _, client = await served()
    cases = await records(client, "SELECT Id, Contact.Account.Name, Owner.Type, CreatedDate, Reason FROM Case")
    assert {row["Reason"] for row in cases} == {None}
    assert {row["Contact"] is None for row in cases} == {True, False}
    assert {row["Owner"]["Type"] for row in cases} == {"User", "Group"}
    assert all(row["CreatedDate"].endswith(".000+0000") for row in cases)
    [account] = await records(client, "SELECT BillingAddress, (SELECT Id FROM Cases) FROM Account LIMIT 1")
    assert account["BillingAddress"]["latitude"] is None
    assert set(account) == {"attributes", "BillingAddress", "Cases"}


async def test_a_keyset_walk_sees_every_row_once():
    """T3: ties of SystemModstamp are told apart by Id."""
    site, client = await served(hours=48)
    seen, after = [], ("2000-01-01T00:00:00Z", "")
    while True:
        keyset = f"(SystemModstamp > {after[0]} OR (SystemModstamp = {after[0]} AND Id > '{after[1]}'))"
        soql = f"SELECT Id, SystemModstamp FROM Case WHERE {keyset} ORDER BY SystemModstamp, Id LIMIT 37"
        page = await records(client, soql, "queryAll")
        if not page:
            break
        seen += [row["Id"] for row in page]
        after = page[-1]["SystemModstamp"], page[-1]["Id"]
    assert len(seen) == len(set(seen))
    assert set(seen) >= truth(site, "tickets")


async def test_archived_activities_are_for_query_all_only():
    """Tasks and events of more than a year ago."""
    site, client = await served()
    every = await records(client, "SELECT Id, IsArchived FROM Task", "queryAll")
    every += await records(client, "SELECT Id, IsArchived FROM Event", "queryAll")
    assert {row["Id"] for row in every} == truth(site, "time_entries")
    shown = await records(client, "SELECT IsArchived FROM Task")
    assert {row["IsArchived"] for row in every} == {True, False}
    assert {row["IsArchived"] for row in shown} == {False}


async def test_a_formula_changes_without_a_stamp():
    """T21: Age_Days__c grows with the clock; SystemModstamp stays."""
    site, client = await served()
    soql = "SELECT Id, SystemModstamp, Age_Days__c FROM Case WHERE IsClosed = false"
    before = {row["Id"]: row for row in await records(client, soql)}
    site.world.reach(site.world.now + 2 * 86400)
    after = {row["Id"]: row for row in await records(client, soql)}
    assert all(after[key]["SystemModstamp"] == row["SystemModstamp"] for key, row in before.items())
    assert all(after[key]["Age_Days__c"] == row["Age_Days__c"] + 2 for key, row in before.items())


async def test_a_hidden_field_is_not_there():
    """Field-level security: absent from describe, INVALID_FIELD when asked for."""
    _, client = await served("hidden-field")
    described = (await client.get(f"{DATA}/sobjects/Case/describe")).json()
    assert "Origin" not in {field["name"] for field in described["fields"]}
    assert (await asked(client, "SELECT Origin FROM Case")).json()[0]["errorCode"] == "INVALID_FIELD"


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Nope FROM Case", "INVALID_FIELD"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("SELECT Id FROM Case WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Case WHERE SystemModstamp > '2026-01-01'", "INVALID_FIELD"),
        ("SELECT Id FROM Case WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM WorkOrder", "INVALID_TYPE"),
        ("SELECT Id FROM Case OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
    ],
)
async def test_refused_queries(soql, code):
    """A JSON array of one error; the limits stand in a header all the same."""
    _, client = await served()
    answer = await asked(client, soql)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=1/115000"


async def test_long_uris_are_refused():
    """T20: the URI may have 16,384 bytes."""
    _, client = await served()
    assert (await asked(client, f"SELECT {'Id, ' * 6000}Id FROM Case")).status_code == 414


@pytest.mark.parametrize("length", [15, 18])
async def test_one_record_by_either_id(length):
    """Ids of 15 characters are taken too, in paths and filters; what comes back has 18."""
    _, client = await served()
    key = (await records(client, "SELECT Id FROM Account LIMIT 1"))[0]["Id"]
    one = (await client.get(f"{DATA}/sobjects/Account/{key[:length]}")).json()
    assert one["Id"] == key
    assert len(await records(client, f"SELECT Id FROM Account WHERE Id = '{key[:length]}'")) == 1
    assert (await client.get(f"{DATA}/sobjects/Account/001xx0000000000AAA")).status_code == 404


async def test_deleted_and_updated_cover_whole_minutes():
    """T15: deletions of at most 15 days; the answer says up to when it is complete."""
    site, client = await served(hours=300)
    span = {"start": "2026-03-02T08:00:30+00:00", "end": "2026-03-14T20:00:00+00:00"}
    gone = (await client.get(f"{DATA}/sobjects/Case/deleted/", params=span)).json()
    binned = await records(
        client, "SELECT Id FROM Case WHERE IsDeleted = true AND SystemModstamp >= 2026-03-02T08:00:00Z", "queryAll"
    )
    assert {row["id"] for row in gone["deletedRecords"]} == {row["Id"] for row in binned} != set()
    assert gone["latestDateCovered"] == "2026-03-14T20:00:00.000+0000"
    changed = (await client.get(f"{DATA}/sobjects/Case/updated/", params=span)).json()
    assert set(changed["ids"]) < truth(site, "tickets")
    early = await client.get(f"{DATA}/sobjects/Case/deleted/", params={**span, "start": "2026-02-01T00:00:00Z"})
    assert early.json()[0]["errorCode"] == "INVALID_REPLICATION_DATE"


async def test_every_way_to_sign_in():
    """Client credentials, password, refresh token and JWT bearer; none tells a lifetime."""
    site, client = await served()
    secret = salesforce.credentials(site)
    claims = {"iss": secret["client_id"], "sub": secret["username"], "aud": "https://login.salesforce.com", "exp": 1}
    app = {name: secret[name] for name in ("client_id", "client_secret")}
    user = {name: secret[name] for name in ("username", "password")}
    forms = [
        {"grant_type": "client_credentials", **app},
        {"grant_type": "password", **app, **user},
        {"grant_type": "refresh_token", "client_id": app["client_id"], "refresh_token": secret["refresh_token"]},
        {"grant_type": salesforce_jwt(), "assertion": jwt.encode(claims, secret["private_key"], "RS256")},
    ]
    for form in forms:
        granted = (await client.post("/services/oauth2/token", data=form)).json()
        assert "expires_in" not in granted
        bearer = {"Authorization": f"Bearer {granted['access_token']}"}
        assert (await client.get(f"{DATA}/limits", headers=bearer)).status_code == 200
    refused = await client.post("/services/oauth2/token", data={**forms[1], "password": "wrong"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def salesforce_jwt():
    """The name of the JWT bearer grant."""
    return "urn:ietf:params:oauth:grant-type:jwt-bearer"


async def test_a_rotated_refresh_token_works_once():
    """The answer holds the next one."""
    site, client = await served("rotate-tokens")
    secret = salesforce.credentials(site)
    form = {"grant_type": "refresh_token", "client_id": secret["client_id"], "refresh_token": secret["refresh_token"]}
    following = (await client.post("/services/oauth2/token", data=form)).json()["refresh_token"]
    assert (await client.post("/services/oauth2/token", data=form)).json()["error"] == "invalid_grant"
    assert (await client.post("/services/oauth2/token", data={**form, "refresh_token": following})).status_code == 200


async def test_a_session_ends():
    """Its lifetime is the org's secret; then, or when a fault ends it, INVALID_SESSION_ID."""
    site, client = await served()
    site.world.advance(10 * 86400)
    ended = await client.get(f"{DATA}/limits")
    assert (ended.status_code, ended.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


async def test_the_days_requests_can_be_spent():
    """T22: 403 without Retry-After."""
    _, client = await served("request-limit")
    spent = await client.get(f"{DATA}/limits")
    assert (spent.status_code, spent.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert "Retry-After" not in spent.headers


async def test_the_days_query_jobs_can_be_spent():
    """T22: /limits tells how many are left, and a further job is refused."""
    site, client = await served()
    await finished(client, "SELECT Id FROM Case")
    told = (await client.get(f"{DATA}/limits")).json()["DailyBulkV2QueryJobs"]
    assert told == {"Max": 10_000, "Remaining": 9_999}
    site.faults.switch("bulk-limit", on=True)
    refused = await client.post(f"{DATA}/jobs/query", json={"operation": "query", "query": "SELECT Id FROM Case"})
    assert refused.json()[0]["errorCode"] == "EXCEEDEDQUOTA"


async def finished(client, soql, operation="query"):
    """The URL of a job that is not at work any more, and its last state."""
    made = await client.post(f"{DATA}/jobs/query", json={"operation": operation, "query": soql})
    assert made.status_code == 200, made.text
    url = f"{DATA}/jobs/query/{made.json()['id']}"
    states = [made.json()["state"]]
    while states[-1] in {"UploadComplete", "InProgress"}:
        states.append((await client.get(url)).json()["state"])
        await asyncio.sleep(0)
    assert states[:2] == ["UploadComplete", "InProgress"]
    return url, states[-1]


async def test_bulk_results_page_by_page():
    """T19: a header on each page, all cells quoted, newlines inside, Z stamps, the word null at the end."""
    _, client = await served()
    soql = "SELECT Id, Description, IsClosed, CreatedDate, Contact.Email FROM Case"
    url, state = await finished(client, soql, "queryAll")
    assert state == "JobComplete"
    locator, found, plain = None, [], []
    while locator != "null":
        params = {"maxRecords": 90, **({"locator": locator} if locator else {})}
        page = await client.get(f"{url}/results", params=params)
        same = await client.get(f"{url}/results", params=params, headers={"Accept-Encoding": "identity"})
        assert page.headers["Content-Encoding"] == "gzip"
        assert page.content == same.content
        part = list(csv.DictReader(io.StringIO(page.text)))
        assert len(part) == int(page.headers["Sforce-NumberOfRecords"])
        found, locator = found + part, page.headers["Sforce-Locator"]
        plain.append(page.text)
    rest = {row["Id"]: row for row in await records(client, soql, "queryAll")}
    assert plain[0].startswith('"Id","Description","IsClosed","CreatedDate","Contact.Email"\n"500')
    assert {row["Id"] for row in found} == set(rest)
    assert all(row["Description"] == (rest[row["Id"]]["Description"] or "") for row in found)
    assert any("\n" in row["Description"] for row in found)
    assert {row["Description"] for row in found} >= {"NA", "null", ""}
    assert all(row["CreatedDate"] == rest[row["Id"]]["CreatedDate"].replace("+0000", "Z") for row in found)
    assert {row["IsClosed"] for row in found} == {"true", "false"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"operation": "insert", "query": "SELECT Id FROM Case"}, "INVALIDJOB"),
        ({"operation": "query", "query": "SELECT COUNT() FROM Case"}, "API_ERROR"),
        ({"operation": "query", "query": "SELECT BillingAddress FROM Account"}, "API_ERROR"),
        ({"operation": "query", "query": "SELECT Id, (SELECT Id FROM Cases) FROM Account"}, "API_ERROR"),
        ({"operation": "query", "query": "SELECT Id"}, "MALFORMED_QUERY"),
    ],
)
async def test_refused_jobs(body, code):
    """What Bulk cannot do is refused at once."""
    _, client = await served()
    answer = await client.post(f"{DATA}/jobs/query", json=body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


async def test_a_job_that_is_not_complete():
    """Results come after JobComplete, of the version the job was made with; a wrong column fails it."""
    _, client = await served()
    made = (await client.post(f"{DATA}/jobs/query", json={"operation": "query", "query": "SELECT Id FROM Case"})).json()
    early = await client.get(f"{DATA}/jobs/query/{made['id']}/results")
    assert early.json()[0]["errorCode"] == "JOB_NOT_COMPLETE"
    url, state = await finished(client, "SELECT Nope FROM Case")
    assert state == "Failed"
    assert (await client.get(url)).json()["errorMessage"] == "InvalidBatch : Field name not found : Nope"
    done, _ = await finished(client, "SELECT Id FROM Case")
    assert (await client.get(f"{done.replace('v62.0', 'v61.0')}/results")).status_code == 409
    assert (await client.patch(url, json={"state": "Aborted"})).json()["state"] == "Aborted"
    assert (await client.delete(url)).status_code == 204
    assert (await client.get(url)).status_code == 404


@pytest.mark.parametrize(
    ("first", "last"), [(0, 0), (0, 1), (0, BLOCK), (1, BLOCK + 1), (BLOCK, 2 * BLOCK + 5), (7, 9)]
)
def test_a_gzipped_page_is_the_plain_one(first, last):
    """Whole blocks and edges make one gzip stream."""
    sheet = Sheet(["n"])
    sheet.fill(range(2 * BLOCK + 5), [lambda row: row])
    answer = httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=sheet.gzipped(first, last))
    assert answer.content == sheet.page(first, last)
    assert len(answer.content.splitlines()) == 1 + last - first


async def test_field_service_has_the_time_entries_instead():
    """Where it is on, a time entry is a TimeSheetEntry and no activity."""
    site, client = await served("field-service")
    assert len(await records(client, "SELECT Id FROM TimeSheetEntry", "queryAll")) == len(site.world.time_entries)
    assert await records(client, "SELECT Id FROM Task", "queryAll") == []


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("query-timeout", 400, "QUERY_TIMEOUT"), ("expired-token", 401, "INVALID_SESSION_ID")],
)
async def test_faults_of_a_query(fault, status, code):
    """T9: long queries time out; a session may be ended at any time."""
    _, client = await served(fault, tickets=2100)
    answer = await asked(client, "SELECT Id FROM Case")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


async def test_a_lost_cursor():
    """A locator may be forgotten before its time."""
    _, client = await served("lost-cursor", tickets=2100)
    following = (await asked(client, "SELECT Id FROM Case")).json()["nextRecordsUrl"]
    assert (await client.get(following)).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


async def test_a_job_may_fail():
    """After its internal retries a job is Failed, with a message."""
    _, client = await served("job-fails")
    url, state = await finished(client, "SELECT Id FROM Case")
    assert state == "Failed"
    assert "retried" in (await client.get(url)).json()["errorMessage"]


async def test_rows_change_while_they_are_read():
    """T5: an edit or a delete in the middle of a list, once per request."""
    site, client = await served("edits")
    before = site.world.tickets.revision
    await asked(client, "SELECT Id FROM Case")
    assert site.world.tickets.revision == before + 1
    site.faults.switch("deletes", on=True)
    await asked(client, "SELECT Id FROM Case")
    assert len(site.world.tickets.tombstones) == 1


async def test_a_merged_contact_names_its_master():
    """The loser of a merge is deleted and points to a contact of the same account who is there."""
    _, client = await served(hours=900)
    gone = await records(client, "SELECT MasterRecordId, AccountId FROM Contact WHERE IsDeleted = true", "queryAll")
    masters = [row for row in gone if row["MasterRecordId"]]
    kept = {row["Id"]: row["AccountId"] for row in await records(client, "SELECT Id, AccountId FROM Contact")}
    assert masters
    assert all(kept[row["MasterRecordId"]] == row["AccountId"] for row in masters)


async def test_describe_is_asked_again_only_when_changed():
    """If-Modified-Since is honoured with 304."""
    _, client = await served()
    first = await client.get(f"{DATA}/sobjects/Case/describe")
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert (await client.get(f"{DATA}/sobjects/Case/describe", headers=since)).status_code == 304


async def test_aggregates_and_semi_joins():
    """GROUP BY gives one AggregateResult each; an inner SELECT filters by ids."""
    site, client = await served()
    groups = await records(client, "SELECT Status, COUNT(Id) n FROM Case GROUP BY Status")
    assert sum(group["n"] for group in groups) == len(site.world.tickets)
    joined = await records(
        client, "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Case WHERE IsClosed = false)"
    )
    assert 0 < len(joined) < len(site.world.companies)


async def test_the_soap_login_of_older_clients():
    """It answers with a session and the URL to go on with."""
    site, client = await served()
    secret = salesforce.credentials(site)
    body = "<env:Body><n1:login><n1:username>{}</n1:username><n1:password>{}</n1:password></n1:login></env:Body>"
    text = body.format(secret["username"], secret["password"] + secret["security_token"])
    granted = await client.post("/services/Soap/u/62.0", content=text)
    assert "<serverUrl>http://sf.test/services/Soap/u/62.0/00D" in granted.text
    session = granted.text.partition("<sessionId>")[2].partition("<")[0]
    assert (await client.get(f"{DATA}/limits", headers={"Authorization": f"Bearer {session}"})).status_code == 200
    refused = await client.post("/services/Soap/u/62.0", content=body.format("x", "y"))
    assert (refused.status_code, "INVALID_LOGIN" in refused.text) == (500, True)

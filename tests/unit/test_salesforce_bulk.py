"""Bulk API 2.0 and the choice between it and REST, without a network."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.flows import against, play, reply
from tests.unit.salesforce_org import BASE, CASE, DESCRIBED, SESSION, WINDOW, landed, page, row, soql, wide

from avesa.errors import SlowDown, SourceUnavailable, Split
from avesa.sources.dialect import Landed, Page, Pause, Response
from avesa.sources.salesforce import Salesforce

MANY = 20_000
JOB = f"{BASE}/jobs/query/750x"


def limits(jobs=9000, requests=90_000):
    """What is left of the day."""
    return reply(
        {
            "DailyApiRequests": {"Max": 100_000, "Remaining": requests},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": jobs},
        }
    )


def job(state, **more):
    """A bulk job."""
    return reply({"id": "750x", "state": state, **more})


def sheet(locator="null", rows=3):
    """A result page on scratch."""
    headers = {"sforce-locator": locator, "sforce-numberofrecords": str(rows)}
    return Response(200, headers, path=Path(f"/scratch/{locator}.csv"))


def walk(count=MANY, entity=CASE):
    """A walk through the window."""
    return Salesforce().walk(entity, WINDOW, SESSION, count)


def test_a_large_window_goes_through_a_bulk_job():
    """Created as queryAll without ORDER BY, polled with pauses, pages by locator to the word null, then deleted."""
    steps, proof = play(
        walk(), DESCRIBED, limits(), job("UploadComplete"), None, job("InProgress"), None, job("JobComplete"),
        sheet("MTAwMDA"), Landed(3), sheet(), Landed(3), reply(b"", 204),
    )  # fmt: skip
    create = steps[2]
    assert (create.method, create.url) == ("POST", f"{BASE}/jobs/query")
    order = json.loads(create.body)
    assert order["query"].startswith("SELECT Id, SystemModstamp, Status, SLA__c FROM Case WHERE SystemModstamp >= ")
    assert "ORDER BY" not in order["query"]
    assert (order["operation"], order["contentType"], order["lineEnding"]) == ("queryAll", "CSV", "LF")
    assert [s.seconds for s in steps if isinstance(s, Pause)] == [0.1, 0.2]
    first, second = [s for s in steps if getattr(s, "url", "").endswith("/results")]
    assert first.to_file
    assert first.headers["Accept"] == "text/csv"
    assert dict(first.params) == {"maxRecords": "625000"}
    assert dict(second.params) == {"maxRecords": "625000", "locator": "MTAwMDA"}
    assert [s.csv.name for s in steps if isinstance(s, Page)] == ["MTAwMDA.csv", "null.csv"]
    assert (steps[-1].method, steps[-1].url) == ("DELETE", JOB)
    assert "Bulk" not in " ".join(proof.notes)


def test_an_empty_result_is_no_page():
    """A header row alone lands nothing."""
    steps, _ = play(walk(), DESCRIBED, limits(), job("JobComplete"), sheet(rows=0), reply(b"", 204))
    assert not [s for s in steps if isinstance(s, Page)]


def test_results_that_are_not_quite_there_are_asked_for_again():
    """204 and JOB_NOT_COMPLETE mean a moment more, in whichever release."""
    early = reply([{"errorCode": "JOB_NOT_COMPLETE", "message": "Current status: IN_PROGRESS"}], 412)
    steps, _ = play(
        walk(), DESCRIBED, limits(), job("JobComplete"), reply(b"", 204), None, early, None, sheet(), Landed(3),
        reply(b"", 204),
    )  # fmt: skip
    assert len([s for s in steps if isinstance(s, Pause)]) == 2


def test_a_page_without_a_locator_is_no_end_t6():
    """Only the literal `null` ends the pages."""
    with pytest.raises(SourceUnavailable, match="Locator"):
        play(walk(), DESCRIBED, limits(), job("JobComplete"), sheet(""), Landed(3))


def test_a_page_without_a_file_is_a_fault():
    """A CSV that did not reach scratch is never an empty one."""
    with pytest.raises(SourceUnavailable, match="no CSV"):
        play(walk(), DESCRIBED, limits(), job("JobComplete"), reply(b"", sforce_locator="null"))


@pytest.mark.parametrize(
    "refusal",
    [
        reply([{"errorCode": "INVALIDENTITY", "message": "Case is not supported by the Bulk API"}], 400),
        reply([{"errorCode": "API_ERROR", "message": "Selecting compound data not supported in Bulk Query"}], 400),
        reply([{"errorCode": "LIMIT_EXCEEDED", "message": "Max query jobs"}], 400),
    ],
)
def test_what_bulk_refuses_is_read_by_rest_t22(refusal):
    """A refusal is told in the proof and costs nothing but the request."""
    rows = [row("a")]
    steps, proof = play(walk(), DESCRIBED, limits(), refusal, page(rows), landed(rows))
    assert "ORDER BY" in soql(steps[3])
    assert "Bulk did not do it" in proof.notes[-1]


def test_a_failed_job_is_read_by_rest_after_it_is_deleted():
    """Failed with a reason: the job goes, REST takes over."""
    rows = [row("a")]
    failed = job("Failed", errorMessage="InvalidBatch : Field name not found : X")
    steps, proof = play(walk(), DESCRIBED, limits(), failed, reply(b"", 204), page(rows), landed(rows))
    assert steps[3].method == "DELETE"
    assert "Field name not found" in proof.notes[-1]


def test_a_job_that_timed_out_splits_the_window_t9():
    """Too much for one job: the window is halved, not read by pages."""
    with pytest.raises(Split):
        play(walk(), DESCRIBED, limits(), job("Failed", errorMessage="Query timed out"))


def test_a_job_that_never_ends_is_aborted_t9():
    """After an hour the job is called off and the window halved."""

    def answer(step):
        if isinstance(step, Pause):
            return None
        if step.url.endswith("describe"):
            return DESCRIBED
        aborted.append(step.method)
        return limits() if step.url.endswith("limits") else job("InProgress")

    aborted: list[str] = []
    with pytest.raises(Split):
        against(walk(), answer)
    assert aborted[-1] == "PATCH"


def test_a_small_window_never_asks_for_limits():
    """Below the entity's threshold pages cost less than a job."""
    rows = [row("a")]
    steps, _ = play(walk(9_999), DESCRIBED, page(rows), landed(rows))
    assert not [s for s in steps if getattr(s, "url", "").endswith("limits")]
    entity = replace(CASE, options={"bulk_from": 1, "bulk_page": 7})
    steps, _ = play(walk(1, entity), DESCRIBED, limits(), job("JobComplete"), sheet(), Landed(1), reply(b"", 204))
    assert dict(steps[3].params)["maxRecords"] == "7"


def test_a_query_too_long_for_a_uri_goes_to_bulk_t20():
    """A bulk job takes its query in the body, so a wide object keeps all its columns."""
    steps, _ = play(walk(1), wide(600), limits(), job("JobComplete"), sheet(), Landed(1), reply(b"", 204))
    assert f"F{599:030}__c" in json.loads(steps[2].body)["query"]


def test_the_tenants_reserve_of_jobs_is_kept_t22():
    """With a tenth of the day's jobs left, pages are read instead; with neither to spare, everyone waits."""
    rows = [row("a")]
    steps, _ = play(walk(), DESCRIBED, limits(jobs=1000), page(rows), landed(rows))
    assert "ORDER BY" in soql(steps[2])
    with pytest.raises(SlowDown, match="neither"):
        play(walk(), DESCRIBED, limits(jobs=1000, requests=10_005))
    with pytest.raises(SourceUnavailable):
        play(walk(), DESCRIBED, reply([]))


@pytest.mark.parametrize("body", [b"null", b""])
def test_a_foreign_answer_is_no_job(body):
    """What is no job is the source's trouble."""
    with pytest.raises(SourceUnavailable):
        play(walk(), DESCRIBED, limits(), reply(body))


def test_a_wide_object_has_shorter_pages_t10():
    """Pages hold a number of cells, so that a page of any object takes about the same memory."""
    steps, _ = play(walk(MANY), wide(498), limits(), job("JobComplete"), sheet(), Landed(1), reply(b"", 204))
    assert dict(steps[3].params)["maxRecords"] == "5000"

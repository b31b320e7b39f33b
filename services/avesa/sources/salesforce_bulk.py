"""Bulk API 2.0: a query job, polled, its CSV pages streamed to scratch.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_create_job.htm
"""

from collections.abc import Generator
from typing import Any

import msgspec

from avesa.core.entity import Entity
from avesa.errors import SourceUnavailable, Split
from avesa.sources.dialect import Page, Pause, Request, Response, Session
from avesa.sources.salesforce_errors import judge, told
from avesa.sources.salesforce_sign_in import data

CELLS = 2_500_000
"""Cells of a result page, some 50 MB: what is on scratch and in memory at once (T10)."""

PATIENCE = 3600.0
"""Seconds to wait for a job; then the window is split."""

_FIRST_PAUSE, _LAST_PAUSE = 0.1, 30.0
_REFUSALS = {
    "INVALIDENTITY",
    "FEATURENOTENABLED",
    "API_DISABLED_FOR_ORG",
    "LIMIT_EXCEEDED",
    "EXCEEDED_QUOTA",
    "EXCEEDEDQUOTA",
}
_TIMEOUTS = ("timeout", "timed out", "running for too long", "retried more than")


class _Job(msgspec.Struct):
    id: str
    state: str
    errorMessage: str = ""  # noqa: N815  the vendor's spelling


Steps = Generator[Request | Page | Pause, Any, str]
"""Yields like a walk; returns why Bulk could not do it, or nothing."""


def bulk(entity: Entity, soql: str, columns: int, session: Session) -> Steps:
    """Run one job and yield its pages; a refusal is told, so that REST can take over.

    `bulk_page` of the entity's options sets the rows of a page; else wide objects have shorter ones.
    """
    response = yield _create(session, soql)
    if refusal := _refused(response):
        return refusal
    job = _job(response)
    url = data(session, f"jobs/query/{job.id}")
    failure = yield from _finish(job, url)
    if not failure:
        yield from _pages(url, int(entity.options.get("bulk_page", CELLS // columns)))
    yield Request("DELETE", url, judged=False)
    return failure


def _create(session: Session, soql: str) -> Request:
    order = {
        "operation": "queryAll",
        "query": soql,
        "contentType": "CSV",
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
    }
    headers = {"Content-Type": "application/json"}
    return Request("POST", data(session, "jobs/query"), headers=headers, body=msgspec.json.encode(order), judged=False)


def _refused(response: Response) -> str:
    """Why this query or org cannot use Bulk; other faults are raised."""
    code, message = told(response)
    if code in _REFUSALS or ("supported" in message.lower() and "bulk" in message.lower()):
        return message or code
    judge(response)
    return ""


def _job(response: Response) -> _Job:
    try:
        return msgspec.json.decode(response.body, type=_Job)
    except msgspec.DecodeError:
        raise SourceUnavailable("Salesforce answered with something else than a bulk job.") from None


def _finish(job: _Job, url: str) -> Steps:
    """Wait until the job is complete; returns its reason if it failed, raises Split if it was too much."""
    pause = waited = 0.0
    while job.state in {"UploadComplete", "InProgress"}:
        if waited >= PATIENCE:
            yield Request("PATCH", url, headers={"Content-Type": "application/json"}, body=b'{"state":"Aborted"}')
            raise Split("Salesforce's bulk job took more than an hour.")
        pause = min(max(_FIRST_PAUSE, pause * 2), _LAST_PAUSE)
        waited += pause
        yield Pause(pause)
        response = yield Request("GET", url)
        job = _job(response)
    if job.state == "JobComplete":
        return ""
    if any(word in job.errorMessage.lower() for word in _TIMEOUTS):
        raise Split(f"Salesforce's bulk job was too much: {job.errorMessage}")
    return f"job {job.state}: {job.errorMessage or 'no reason given'}"


def _pages(url: str, most: int) -> Generator[Request | Page | Pause, Any, None]:
    """Yield result pages until the locator is the word `null`; each has its own header row."""
    locator = ""
    while locator != "null":
        response = yield from _page(url, most, locator)
        if response.path is None:
            raise SourceUnavailable("Salesforce sent no CSV for a completed bulk job.")
        if response.headers.get("sforce-numberofrecords") != "0":
            yield Page(csv=response.path)
        locator = response.headers.get("sforce-locator", "")
        if not locator:
            raise SourceUnavailable("Salesforce sent a bulk page without Sforce-Locator, so its end is not known.")


def _page(url: str, most: int, locator: str) -> Generator[Request | Page | Pause, Any, Response]:
    """Ask for a page, again if the results are not quite there yet (204, or JOB_NOT_COMPLETE)."""
    params = (("maxRecords", str(most)), *((("locator", locator),) if locator else ()))
    request = Request(
        "GET", f"{url}/results", params=params, headers={"Accept": "text/csv"}, to_file=True, judged=False
    )
    while True:
        response: Response = yield request
        if response.status != 204 and told(response)[0] != "JOB_NOT_COMPLETE":
            judge(response)
            return response
        yield Pause(_FIRST_PAUSE)

"""Bulk API 2.0 query jobs: created, run beside the server, polled, downloaded.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from simulator.salesforce_audit import ADMIN, USER
from simulator.salesforce_binding import bind_path, object_named
from simulator.salesforce_engine import matching
from simulator.salesforce_errors import SalesforceError
from simulator.salesforce_ids import record_id
from simulator.salesforce_org import SalesforceOrg, stamp_of
from simulator.salesforce_sheet import Sheet
from simulator.salesforce_soql import Aggregate, Select, parse

PAGE = 50_000
_DELIMITERS = {"COMMA": ",", "TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^", "BACKQUOTE": "`"}
_STATES = {"UploadComplete": "UPLOAD_COMPLETE", "InProgress": "IN_PROGRESS", "Failed": "FAILED", "Aborted": "ABORTED"}


class Job:
    """One query job; `state` is what a poll is told."""

    def __init__(self, identifier: str, form: Mapping[str, Any], select: Select, version: str, at: int) -> None:
        self.id = identifier
        self.version = version
        self.select = select
        self.sheet: Sheet | None = None
        self.error = ""
        self.aborted = False
        self._form = form
        self._at = at
        self._polls = 0

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two jobs have the same result, as long as the rows stay."""
        names = ("operation", "query", "columnDelimiter", "lineEnding")
        return tuple(str(self._form.get(name)) for name in names)

    def poll(self) -> str:
        """The state; a job is seen at work at least once."""
        self._polls += 1
        return self.state

    @property
    def state(self) -> str:
        """The state now."""
        if self.aborted:
            return "Aborted"
        if self.error and self._polls > 1:
            return "Failed"
        if self.sheet is not None and self._polls > 1:
            return "JobComplete"
        return "InProgress" if self._polls else "UploadComplete"

    def run(self, org: SalesforceOrg, sheets: dict[Any, Sheet]) -> None:
        """Render the result, or take one that is there already."""
        try:
            self.sheet = self._made(org, sheets)
        except SalesforceError as error:
            column = re.search(r"No such column '([^']+)'", error.message)
            told = f"Field name not found : {column[1]}" if column else error.message.strip()
            self.error = f"InvalidBatch : {told}"

    def _made(self, org: SalesforceOrg, sheets: dict[Any, Sheet]) -> Sheet:
        key = (self.key, tuple(table.revision for table in org.world.tables.values()), org.world.now)
        if key in sheets:
            return sheets[key]
        sobject = object_named(org, self.select.source)
        names = [name for name in self.select.fields if isinstance(name, str)]
        bounds = [bind_path(org, sobject, name) for name in names]
        rows = matching(org, sobject, self.select, hidden=self._form.get("operation") == "queryAll")
        ending = "\r\n" if self._form.get("lineEnding") == "CRLF" else "\n"
        sheet = Sheet([bound.path for bound in bounds], _DELIMITERS[self._form.get("columnDelimiter", "COMMA")], ending)
        sheet.fill(rows, [bound.read for bound in bounds])
        while len(sheets) > 3:
            del sheets[next(iter(sheets))]
        sheets[key] = sheet
        return sheet

    def created(self) -> dict[str, Any]:
        """The answer to its creation."""
        return {
            "id": self.id,
            "operation": self._form.get("operation", "query"),
            "object": self.select.source,
            "createdById": record_id(USER, ADMIN),
            "createdDate": stamp_of(self._at),
            "systemModstamp": stamp_of(self._at),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version.removeprefix("v")),
            "lineEnding": self._form.get("lineEnding", "LF"),
            "columnDelimiter": self._form.get("columnDelimiter", "COMMA"),
        }

    def info(self) -> dict[str, Any]:
        """The answer to a poll."""
        done = len(self.sheet) if self.sheet is not None and self.state == "JobComplete" else 0
        more = {"jobType": "V2Query", "numberRecordsProcessed": done, "retries": 0, "totalProcessingTime": 0}
        told = {**self.created(), **more, "isPkChunkingSupported": True}
        return {**told, "errorMessage": self.error} if self.state == "Failed" else told

    def results(self, version: str, locator: str | None, most: int) -> tuple[Sheet, int, int]:
        """The sheet and the stretch of rows that a results page holds."""
        if version != self.version:
            raise SalesforceError(
                409, "API_ERROR", "the API version of the request must be the one that the job was created with"
            )
        if self.state != "JobComplete" or self.sheet is None:
            raise SalesforceError(
                400,
                "JOB_NOT_COMPLETE",
                "can only download query results of successfully completed bulk job with status: JOB_COMPLETE."
                f" Current status: {_STATES.get(self.state, self.state)}",
            )
        first = row_of(locator)
        if first > len(self.sheet):
            raise SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self.sheet, first, min(len(self.sheet), first + most)


def locator_of(row: int, rows: int) -> str:
    """The opaque name of the next page, or the word null after the last."""
    return "null" if row >= rows else base64.urlsafe_b64encode(str(row).encode()).decode().rstrip("=")


def row_of(locator: str | None) -> int:
    """The row that a locator names."""
    if not locator:
        return 0
    try:
        return int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except ValueError as error:
        raise SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator") from error


class Jobs:
    """The query jobs of an org."""

    def __init__(self, org: SalesforceOrg) -> None:
        self._org = org
        self._jobs: dict[str, Job] = {}
        self._sheets: dict[Any, Sheet] = {}
        self._number = 0

    def create(self, form: Mapping[str, Any], version: str) -> Job:
        """Take a job in; raises what the vendor refuses at once."""
        if form.get("operation") not in {"query", "queryAll"}:
            raise SalesforceError(400, "INVALIDJOB", f"Unsupported operation: {form.get('operation')}")
        if form.get("columnDelimiter", "COMMA") not in _DELIMITERS or form.get("contentType", "CSV") != "CSV":
            raise SalesforceError(400, "INVALIDJOB", "InvalidJob : contentType and columnDelimiter must be known ones")
        select = parse(str(form.get("query", "")))
        _check(self._org, select)
        self._number += 1
        job = Job(record_id("750", self._number), form, select, version, self._org.world.now)
        self._jobs[job.id] = job
        return job

    def run(self, job: Job) -> None:
        """Do a job's work."""
        job.run(self._org, self._sheets)

    def find(self, identifier: str) -> Job:
        """A job by id."""
        if identifier not in self._jobs:
            raise SalesforceError(404, "NOT_FOUND", "The requested resource does not exist")
        return self._jobs[identifier]

    def remove(self, identifier: str) -> None:
        """Forget a job and its results."""
        self.find(identifier)
        del self._jobs[identifier]

    def all(self) -> list[Job]:
        """Every job, newest last."""
        return list(self._jobs.values())


def _check(org: SalesforceOrg, select: Select) -> None:
    """Refuse what Bulk cannot do."""
    sobject = object_named(org, select.source)
    for name in select.fields:
        if isinstance(name, Aggregate) or select.group or select.offset:
            raise SalesforceError(400, "API_ERROR", "Aggregate Relationships not supported in Bulk Query")
        if isinstance(name, Select):
            raise SalesforceError(400, "API_ERROR", "Aggregate Relationships not supported in Bulk Query")
        field = sobject.fields.get(name.lower())
        if field is not None and field.type == "address":
            raise SalesforceError(400, "API_ERROR", "Selecting compound data not supported in Bulk Query")

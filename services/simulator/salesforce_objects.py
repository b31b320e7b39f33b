"""The pages under `/sobjects`, the replication pages `updated` and `deleted`, and `/limits`."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from simulator.salesforce_api import DAILY_JOBS, DAILY_REQUESTS, VERSIONS, SalesforceApi, json
from simulator.salesforce_binding import field_named
from simulator.salesforce_dates import rest_stamp
from simulator.salesforce_engine import renderer
from simulator.salesforce_errors import SalesforceError
from simulator.salesforce_ids import long_id
from simulator.salesforce_org import BIRTH, stamp_of
from simulator.salesforce_schema import Sobject

DELETED_DAYS, UPDATED_DAYS = 15, 30
MOST_IDS = 600_000
_RESOURCES = ("sobjects", "query", "queryAll", "limits", "jobs", "search", "recent")


class ObjectPages:
    """What the org tells of its objects, and single records."""

    def __init__(self, api: SalesforceApi) -> None:
        self._api = api
        self._org = api.org

    async def versions(self, request: Request) -> Response:
        """The API versions; no session is needed."""
        del request
        labels = [{"label": f"Release {v}", "url": f"/services/data/v{v}", "version": v} for v in VERSIONS]
        return json(labels)

    async def resources(self, request: Request) -> Response:
        """What a version offers."""
        return json({name: f"/services/data/v{request.path_params['version']}/{name}" for name in _RESOURCES})

    async def objects(self, request: Request) -> Response:
        """The global describe."""
        version = "v" + request.path_params["version"]
        summaries = [sobject.summary(version) for sobject in self._org.objects.values()]
        return json({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": summaries})

    async def object(self, request: Request) -> Response:
        """An object's short description."""
        summary = self._object(request).summary("v" + request.path_params["version"])
        return json({"objectDescribe": summary, "recentItems": []})

    async def describe(self, request: Request) -> Response:
        """An object's fields, as far as the user may see them."""
        sobject = self._object(request)
        changed = datetime.fromtimestamp(BIRTH, UTC)
        since = request.headers.get("if-modified-since")
        hidden = self._org.hidden(sobject.name)
        if since and not hidden and parsedate_to_datetime(since) >= changed:
            return Response(status_code=304)
        answer = json(sobject.describe("v" + request.path_params["version"], hidden))
        answer.headers["Last-Modified"] = format_datetime(changed, usegmt=True)
        return answer

    async def record(self, request: Request) -> Response:
        """One record by id, with all fields or those asked for."""
        sobject = self._object(request)
        source = self._org.rows[sobject.name]
        row = source.find(long_id(request.path_params["id"]))
        if row is None:
            raise SalesforceError(404, "NOT_FOUND", "The requested resource does not exist")
        if source.is_deleted(row):
            raise SalesforceError(404, "ENTITY_IS_DELETED", "entity is deleted")
        names = request.query_params.get("fields")
        fields = [field.name for field in sobject.visible(self._org.hidden(sobject.name))]
        if names:
            fields = [field_named(self._org, sobject, name.strip()).name for name in names.split(",")]
        return json(renderer(self._org, sobject, fields, "v" + request.path_params["version"])(row))

    async def updated(self, request: Request) -> Response:
        """Ids of rows changed in a stretch of time of the last 30 days."""
        sobject = self._object(request)
        start, end = self._stretch(request, UPDATED_DAYS)
        rows = self._org.rows[sobject.name].between(start, end, hidden=False)
        ids = [sobject.fields["id"].read(row) for row in rows]
        self._check_count(ids)
        return json({"ids": ids, "latestDateCovered": stamp_of(end)})

    async def deleted(self, request: Request) -> Response:
        """Ids of rows deleted in a stretch of time of the last 15 days."""
        sobject = self._object(request)
        start, end = self._stretch(request, DELETED_DAYS)
        source = self._org.rows[sobject.name]
        gone = [row for row in source.between(start, end, hidden=True) if source.is_deleted(row)]
        read, stamp = sobject.fields["id"].read, sobject.fields["systemmodstamp"].read
        records = [{"deletedDate": stamp(row), "id": read(row)} for row in gone]
        self._check_count(records)
        earliest = stamp_of(self._api.site.world.now - DELETED_DAYS * 86400)
        told = {"earliestDateAvailable": earliest, "latestDateCovered": stamp_of(end)}
        return json({"deletedRecords": records, **told})

    async def limits(self, request: Request) -> Response:
        """What is left of the day."""
        del request
        left = {
            "DailyApiRequests": (DAILY_REQUESTS, max(0, DAILY_REQUESTS - self._api.used_today())),
            "DailyBulkV2QueryJobs": (DAILY_JOBS, self._api.jobs_left()),
            "DailyBulkV2QueryFileStorageMB": (976_562, 976_562),
            "DailyBulkApiBatches": (15_000, 15_000),
            "ConcurrentAsyncGetReportInstances": (200, 200),
        }
        return json({name: {"Max": most, "Remaining": rest} for name, (most, rest) in left.items()})

    async def missing(self, request: Request) -> Response:
        """Any other path."""
        del request
        raise SalesforceError(404, "NOT_FOUND", "The requested resource does not exist")

    def _object(self, request: Request) -> Sobject:
        found = self._org.objects.get(request.path_params["name"].lower())
        if found is None:
            raise SalesforceError(404, "NOT_FOUND", "The requested resource does not exist")
        return found

    def _stretch(self, request: Request, days: int) -> tuple[int, int]:
        """The seconds of `start` and `end`, which count whole minutes."""
        start, end = (_moment(request.query_params.get(name, "")) for name in ("start", "end"))
        oldest = datetime.fromtimestamp(self._api.site.world.now, UTC) - timedelta(days=days)
        if start >= end:
            raise SalesforceError(400, "INVALID_REPLICATION_DATE", "endDate cannot be before startDate")
        if start < oldest:
            where = rest_stamp(oldest)
            raise SalesforceError(
                400, "INVALID_REPLICATION_DATE", f"startDate cannot be more than {days} days ago ({where})"
            )
        return int(start.timestamp()) // 60 * 60, int(end.timestamp()) // 60 * 60

    def _check_count(self, ids: list[Any]) -> None:
        if len(ids) > MOST_IDS:
            raise SalesforceError(400, "EXCEEDED_ID_LIMIT", "Too many ids; ask for a shorter stretch of time")


def _moment(text: str) -> datetime:
    """An ISO date-time; a + that came unescaped is a space."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise SalesforceError(400, "INVALID_REPLICATION_DATE", f"invalid date: {text}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

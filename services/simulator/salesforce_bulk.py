"""The pages of Bulk API 2.0 query jobs."""

import msgspec
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from simulator.salesforce_api import DAY, SalesforceApi, json
from simulator.salesforce_errors import SalesforceError
from simulator.salesforce_jobs import PAGE, Jobs, locator_of


class BulkPages:
    """`/jobs/query` and what lies under it."""

    def __init__(self, api: SalesforceApi) -> None:
        self._api = api
        self.jobs = Jobs(api.org)

    async def create(self, request: Request) -> Response:
        """Take a job in and run it beside the server."""
        if not self._api.jobs_left():
            raise SalesforceError(400, "EXCEEDEDQUOTA", "ApiBatchItems Limit exceeded.")
        try:
            form = msgspec.json.decode(await request.body(), type=dict)
        except msgspec.DecodeError as error:
            raise SalesforceError(400, "JSON_PARSER_ERROR", str(error)) from error
        job = self.jobs.create(form, "v" + request.path_params["version"])
        self._api.jobs[self._api.site.world.now // DAY] += 1
        if self._api.site.faults.strikes("job-fails", job.select.source):
            job.error = "InternalServerError : retried 15 times"
            return json(job.created())
        response = json(job.created())
        response.background = BackgroundTask(self.jobs.run, job)
        return response

    async def list(self, request: Request) -> Response:
        """All jobs of the org."""
        del request
        return json({"done": True, "nextRecordsUrl": None, "records": [job.created() for job in self.jobs.all()]})

    async def poll(self, request: Request) -> Response:
        """A job's state."""
        job = self.jobs.find(request.path_params["id"])
        job.poll()
        return json(job.info())

    async def abort(self, request: Request) -> Response:
        """`{"state": "Aborted"}`."""
        job = self.jobs.find(request.path_params["id"])
        if b'"Aborted"' not in await request.body():
            raise SalesforceError(400, "INVALIDJOBSTATE", "The only state a job can be set to is Aborted")
        job.aborted = True
        return json(job.created())

    async def delete(self, request: Request) -> Response:
        """Forget a job that has ended."""
        self.jobs.remove(request.path_params["id"])
        return Response(status_code=204)

    async def results(self, request: Request) -> Response:
        """One CSV page; its headers name the next."""
        job = self.jobs.find(request.path_params["id"])
        most = int(request.query_params.get("maxRecords") or PAGE)
        locator = request.query_params.get("locator")
        sheet, first, last = job.results("v" + request.path_params["version"], locator, max(1, most))
        headers = {
            "Sforce-Locator": locator_of(last, len(sheet)),
            "Sforce-NumberOfRecords": str(last - first),
            "Content-Type": "text/csv; charset=UTF-8",
        }
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(sheet.gzipped(first, last), headers={**headers, "Content-Encoding": "gzip"})
        return Response(sheet.page(first, last), headers=headers)

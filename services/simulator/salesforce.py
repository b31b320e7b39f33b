"""The Salesforce REST and Bulk 2.0 APIs over the world: what the server asks of a vendor."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from simulator.salesforce_api import VERSIONS, SalesforceApi
from simulator.salesforce_bulk import BulkPages
from simulator.salesforce_errors import SalesforceError
from simulator.salesforce_login import LoginPages
from simulator.salesforce_objects import ObjectPages
from simulator.salesforce_query import QueryPages
from simulator.site import Site

NAME = "salesforce"
PREFIXES: tuple[str, ...] = ("/services/", "/id/")


def _refusal(status: int, code: str, message: str, **headers: str) -> Callable[[], Response]:
    body = SalesforceError(status, code, message).body()
    return lambda: Response(body, status, headers, media_type="application/json;charset=UTF-8")


REFUSALS: Mapping[str, Callable[[], Response]] = {
    "429": _refusal(429, "REQUEST_LIMIT_EXCEEDED", "Too many requests.", **{"Retry-After": "1"}),
    "429-bare": _refusal(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
    "500": _refusal(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId: 1-1"),
}


def api_of(site: Site) -> SalesforceApi:
    """The one org of a site."""
    if NAME not in site.kept:
        site.kept[NAME] = SalesforceApi(site)
    found: SalesforceApi = site.kept[NAME]
    return found


def routes(site: Site) -> Sequence[BaseRoute]:
    """The vendor's pages."""
    api = api_of(site)
    login, objects, query, bulk = LoginPages(api), ObjectPages(api), QueryPages(api), BulkPages(api)
    root, shut = "/services/data/v{version}", api.guarded
    job, one = f"{root}/jobs/query/{{id}}", f"{root}/sobjects/{{name}}"
    return [
        Route("/services/oauth2/token", login.token, methods=["POST"]),
        Route("/services/oauth2/revoke", login.revoke, methods=["POST"]),
        Route("/services/oauth2/userinfo", shut(login.user)),
        Route("/id/{org}/{user}", shut(login.user)),
        Route("/services/Soap/{kind}/{version}", login.soap, methods=["POST"]),
        Route("/services/data", objects.versions),
        Route("/services/data/", objects.versions),
        *_both(root, shut(objects.resources)),
        *_both(f"{root}/limits", shut(objects.limits)),
        *_both(f"{root}/query", shut(query.query)),
        *_both(f"{root}/queryAll", shut(query.query_all)),
        *_both(f"{root}/query/{{locator}}", shut(query.more)),
        *_both(f"{root}/queryAll/{{locator}}", shut(query.more)),
        *_both(f"{root}/sobjects", shut(objects.objects)),
        *_both(one, shut(objects.object)),
        *_both(f"{one}/describe", shut(objects.describe)),
        *_both(f"{one}/updated", shut(objects.updated)),
        *_both(f"{one}/deleted", shut(objects.deleted)),
        *_both(f"{one}/{{id}}", shut(objects.record)),
        *_both(f"{root}/jobs/query", shut(bulk.list)),
        *_both(f"{root}/jobs/query", shut(bulk.create), "POST"),
        *_both(job, shut(bulk.poll)),
        *_both(job, shut(bulk.abort), "PATCH"),
        *_both(job, shut(bulk.delete), "DELETE"),
        *_both(f"{job}/results", shut(bulk.results)),
        Route("/services/{rest:path}", shut(objects.missing), methods=["GET", "POST", "PATCH", "PUT", "DELETE"]),
    ]


def _both(path: str, page: Any, method: str = "GET") -> list[Route]:
    """A page with and without a slash behind it: clients write both."""
    return [Route(path + end, page, methods=[method]) for end in ("", "/")]


def credentials(site: Site) -> dict[str, Any]:
    """What a client needs to sign in, as `serve` prints it."""
    found = api_of(site).credentials
    return {
        "url": site.url,
        "login_url": site.url,
        "client_id": found.client_id,
        "client_secret": found.client_secret,
        "username": found.username,
        "password": found.password,
        "security_token": found.security_token,
        "refresh_token": found.refresh_token,
        "private_key": found.private_key,
        "api_version": VERSIONS[-1],
    }

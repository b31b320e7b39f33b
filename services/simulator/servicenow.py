"""The ServiceNow Table and Aggregate APIs over the world: what the server asks of a vendor."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from simulator.oauth_form import token_form
from simulator.servicenow_api import JSON, ServiceNowApi, json
from simulator.servicenow_errors import ServiceNowError
from simulator.servicenow_pages import TablePages
from simulator.servicenow_stats import StatsPages
from simulator.site import Site

NAME = "servicenow"
PREFIXES: tuple[str, ...] = ("/api/now/", "/oauth_token.do")
_RULE = "c1a4f5d2db1f1300d7c8f9b2ca9619aa"


def _over_rule() -> Response:
    """429 of a rate limit rule: it tells the rule and when the hour is over."""
    detail = "Rate limit of 100 requests per hour for Table API exceeded"
    reset = str(int(time.time()) + 1)
    headers = {"X-RateLimit-Limit": "100", "X-RateLimit-Reset": reset, "X-RateLimit-Rule": _RULE, "Retry-After": "1"}
    return Response(ServiceNowError(429, "Rate limit exceeded", detail).body(), 429, headers, media_type=JSON)


def _over_semaphore() -> Response:
    """429 of a node whose API threads are all busy: no header tells when to come back."""
    detail = "Semaphore API_INT: maximum queue depth exceeded"
    return Response(ServiceNowError(429, "Too many requests", detail).body(), 429, media_type=JSON)


def _broken() -> Response:
    error = ServiceNowError(500, "com.glide.rest.domain.ServiceException", "Internal Server Error")
    return Response(error.body(), 500, media_type=JSON)


REFUSALS: Mapping[str, Callable[[], Response]] = {"429": _over_rule, "429-bare": _over_semaphore, "500": _broken}


def api_of(site: Site) -> ServiceNowApi:
    """The one instance of a site."""
    if NAME not in site.kept:
        site.kept[NAME] = ServiceNowApi(site)
    found: ServiceNowApi = site.kept[NAME]
    return found


def routes(site: Site) -> Sequence[BaseRoute]:
    """The vendor's pages."""
    api = api_of(site)
    tables, stats, shut = TablePages(api), StatsPages(api), api.guarded
    found: list[BaseRoute] = [Route("/oauth_token.do", TokenPage(api).token, methods=["POST"])]
    for root in ("/api/now", "/api/now/{version:str}"):
        found += [
            Route(f"{root}/table/{{table}}", shut(tables.many), methods=["GET"]),
            Route(f"{root}/table/{{table}}/{{sys_id}}", shut(tables.one), methods=["GET"]),
            Route(f"{root}/stats/{{table}}", shut(stats.stats), methods=["GET"]),
        ]
    return [
        *found,
        Route("/api/now/{rest:path}", shut(tables.missing), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


class TokenPage:
    """`/oauth_token.do`."""

    def __init__(self, api: ServiceNowApi) -> None:
        self._api = api

    async def token(self, request: Request) -> Response:
        """The current token of a grant; only a form is understood."""
        form: dict[str, str] = {}
        if "urlencoded" in request.headers.get("content-type", ""):
            form = await token_form(request)
        granted = self._api.tokens.grant(form)
        if granted is None:
            return json({"error_description": "access_denied", "error": "server_error"}, 401)
        return json(granted)


def credentials(site: Site) -> dict[str, Any]:
    """What a client needs to sign in, as `serve` prints it."""
    found = api_of(site).credentials
    return {
        "url": site.url,
        "username": found.username,
        "password": found.password,
        "client_id": found.client_id,
        "client_secret": found.client_secret,
    }

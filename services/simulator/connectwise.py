"""ConnectWise PSA REST 3.0 over the world: sign-in, routes, headers."""

from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from simulator import connectwise_errors as errors
from simulator.connectwise_audit import audit_trail
from simulator.connectwise_collection import Collection
from simulator.connectwise_lists import small_collections
from simulator.connectwise_pages import Pages, answer
from simulator.connectwise_people import company, contact
from simulator.connectwise_refs import Refs
from simulator.connectwise_tickets import ticket, time_entry
from simulator.connectwise_validation import validate
from simulator.site import Site

NAME = "connectwise"
PREFIXES = ("/v4_6_release/", "/v2025_1/", "/v2026_1/", "/login/companyinfo/")
REFUSALS: Mapping[str, Callable[[], Response]] = {
    "429": errors.too_many,
    "429-bare": errors.too_many_without_wait,
    "500": errors.timed_out,
}
Endpoint = Callable[[Request], Awaitable[Response]]

VERSION = "2025.1"
LICENSES = [{"name": "ServiceTicket", "activeFlag": True}, {"name": "TimeAndExpense", "activeFlag": True}]
OF_A_BOARD = {
    "service/boards/{board:int}/statuses": "service/statuses",
    "service/boards/{board:int}/types": "service/types",
}
"""All boards share one set of statuses and types here."""
CHOICES = frozenset({"billable", "donotbill", "nocharge", "nodefault"})
LEVELS = frozenset({"low", "medium", "high"})
ENUMS: dict[str, dict[str, frozenset[str]]] = {
    "service/tickets": {
        "severity": LEVELS,
        "impact": LEVELS,
        "billTime": CHOICES,
        "recordType": frozenset({"projectissue", "projectticket", "serviceticket"}),
    },
    "time/entries": {
        "billableOption": CHOICES,
        "chargeToType": frozenset({"serviceticket", "projectticket", "chargecode", "activity"}),
    },
}


def credentials(site: Site) -> dict[str, Any]:
    """What a client needs to sign in."""
    return {
        "url": site.url,
        "company_id": f"msp{site.world.seed}",
        "public_key": site.secret("public", 16),
        "private_key": site.secret("private", 16),
        "client_id": str(UUID(site.secret("client", 32))),
    }


def codebases(site: Site) -> tuple[str, ...]:
    """The path prefixes that lead to this instance: the router's, and its version's own."""
    return ("v4_6_release", "v2026_1" if site.faults.on("codebase-moved") else "v2025_1")


def collections(site: Site) -> list[Collection]:
    """What can be listed."""
    world, refs = site.world, Refs(site.world, site.url)
    rows: dict[str, tuple[str, Any, Callable[[Refs, Any], dict[str, Any]]]] = {
        "service/tickets": ("Ticket", world.tickets, ticket),
        "time/entries": ("TimeEntry", world.time_entries, time_entry),
        "company/companies": ("Company", world.companies, company),
        "company/contacts": ("Contact", world.contacts, contact),
    }
    large = [
        Collection(site, path, resource, table, partial(render, refs), ENUMS.get(path))
        for path, (resource, table, render) in rows.items()
    ]
    return [*large, *small_collections(site, refs)]


def routes(site: Site) -> Sequence[BaseRoute]:
    """All pages; the small collections' longer paths stand before a record's."""
    gate = Gate(site)
    root = "/{codebase}/apis/3.0"
    pages = [Pages(site, collection) for collection in collections(site)]
    found = [
        Route("/login/companyinfo/{company}", gate.company_info),
        Route(f"{root}/system/info", gate.guarded(gate.info)),
        Route(f"{root}/system/audittrail", gate.guarded(partial(audit_trail, site.world))),
    ]
    by_path = {page.collection.path: page for page in sorted(pages, key=lambda page: -page.collection.path.count("/"))}
    by_path |= {path: by_path[shown] for path, shown in OF_A_BOARD.items()}
    for place, page in by_path.items():
        path = f"{root}/{place}"
        found += [
            Route(path, gate.guarded(page.listed)),
            Route(path, gate.guarded(validate), methods=["POST"]),
            Route(f"{path}/", gate.guarded(page.listed)),
            Route(f"{path}/count", gate.guarded(page.count)),
            Route(f"{path}/search", gate.guarded(page.search), methods=["POST"]),
            Route(f"{path}/{{id:int}}", gate.guarded(page.one)),
        ]
    return [*found, *(Route(f"/{base}/{{rest:path}}", gate.nothing) for base in _bases())]


def _bases() -> tuple[str, ...]:
    return tuple(prefix.strip("/") for prefix in PREFIXES[:3])


class Gate:
    """Who may in, and the headers that every answer carries."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.known = credentials(site)
        self.served = 0

    def guarded(self, endpoint: Endpoint) -> Endpoint:
        """An endpoint behind the sign-in."""

        async def serve(request: Request) -> Response:
            refused = self.refuse(request)
            try:
                response = refused or await endpoint(request)
            except errors.Refused as refusal:
                response = refusal.response
            return self.stamped(response)

        return serve

    def refuse(self, request: Request) -> Response | None:
        """Why a request may not in, if so."""
        if request.path_params.get("codebase") not in codebases(self.site):
            return errors.no_endpoint()
        if not request.headers.get("authorization"):
            return errors.not_authenticated()
        if not self.is_right(request.headers["authorization"]) or self.site.faults.on("unauthorized"):
            return errors.unauthorized()
        if not request.headers.get("clientid"):
            return errors.no_client_id()
        return errors.forbidden() if self.site.faults.strikes("forbidden") else None

    def is_right(self, header: str) -> bool:
        """`Basic` of company+public:private."""
        known = self.known
        try:
            sent = b64decode(header.removeprefix("Basic "), validate=True).decode()
        except ValueError:
            return False
        name, _, private = sent.partition(":")
        company_id, _, public = name.partition("+")
        same = company_id.lower() == known["company_id"].lower() and public == known["public_key"]
        return bool(same and private == known["private_key"])

    def stamped(self, response: Response) -> Response:
        """Add the headers of the vendor's servers."""
        self.served += 1
        response.headers.update(
            {
                "api-current-version": VERSION,
                "x-cw-request-id": f"{self.served:08x}-0000-4000-a000-000000000000",
                "x-server-name": "API01",
                "Cache-Control": "no-cache",
                "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
            }
        )
        return response

    async def company_info(self, request: Request) -> Response:
        """The codebase of a company; open to all, and `null` for a company nobody knows."""
        company_id = request.path_params["company"]
        if company_id.lower() != self.known["company_id"].lower():
            return self.stamped(Response(b"null", media_type=errors.JSON))
        body = {
            "CompanyName": f"Simulated MSP {self.site.world.seed}",
            "Codebase": f"{codebases(self.site)[1]}/",
            "VersionCode": "v2025.1",
            "VersionNumber": "v4.6.47174",
            "CompanyID": self.known["company_id"],
            "IsCloud": True,
            "SiteUrl": self.site.url.partition("//")[2],
        }
        return self.stamped(Response(msgspec.json.encode(body), media_type=errors.JSON))

    async def info(self, request: Request) -> Response:
        """Which version this is."""
        body = {
            "version": "v2025.1.47174",
            "isCloud": True,
            "serverTimeZone": "Eastern Standard Time",
            "licenseBits": LICENSES,
            "cloudRegion": "NA",
        }
        return answer(request, msgspec.json.encode(body))

    async def nothing(self, _: Request) -> Response:
        """No such endpoint."""
        return self.stamped(errors.no_endpoint())

"""Puts the vendors' pages, the control pages and the gateway together."""

from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp

from simulator import connectwise, salesforce, servicenow
from simulator.control import Control
from simulator.gateway import Gateway
from simulator.site import Site, Vendor

VENDORS: tuple[Vendor, ...] = (connectwise, servicenow, salesforce)


def application(site: Site, *, latency_ms: float = 0, requests_per_minute: int | None = None) -> ASGIApp:
    """One simulated MSP as an ASGI application."""
    pages = [route for vendor in VENDORS for route in vendor.routes(site)]
    return Gateway(
        Starlette(routes=[*Control(site).routes(), *pages]),
        site,
        VENDORS,
        latency_ms=latency_ms,
        requests_per_minute=requests_per_minute,
    )


def credentials(site: Site) -> dict[str, Any]:
    """What `serve` prints first: how a client of each vendor signs in."""
    return {vendor.NAME: vendor.credentials(site) for vendor in VENDORS}

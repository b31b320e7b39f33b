"""A tenant whose credential does not work stands still, whichever message finds it out (T4)."""

import pytest

from avesa import ingest, plan
from avesa.client import Clients
from avesa.core.ledger import State
from avesa.core.messages import Ingest, Plan
from avesa.core.tenants import Service
from avesa.edges.embedded import open_home
from avesa.edges.mapping_files import read
from avesa.errors import Park
from avesa.events import ServiceParked
from avesa.ledger import Ledger
from avesa.services import Services
from avesa.settings import Settings

ACME = {"tenant": "acme", "source": "connectwise"}
WINDOW = Ingest(**ACME, entity="service/tickets", start="2026-01-01T00:00:00Z", end="2026-01-02T00:00:00Z", again=True)


@pytest.fixture
def settings(tmp_path):
    """An installation's settings."""
    return Settings(home=tmp_path)


@pytest.fixture
async def edges(settings, clock):
    """An installation with a tenant that has no credentials, and another."""
    here = open_home(settings, clock)
    for tenant in ("acme", "globex"):
        await Services(here.store).put(Service(tenant=tenant, source="connectwise"))
    return here


@pytest.fixture
async def given(edges, settings):
    """What a verb is given, and the events that it tells."""
    told, mappings = [], read()
    async with Clients(edges, mappings, settings, told.append) as clients:
        yield {"edges": edges, "mappings": mappings, "clients": clients, "listen": told.append}, told


@pytest.mark.parametrize("found_by", ["plan", "ingest"])
async def test_a_service_that_cannot_sign_in_is_parked_with_the_reason(given, edges, settings, found_by):
    """Nothing is planned for it until it is resumed; the other tenant goes on."""
    with_this, told = given
    work = {
        "plan": lambda: plan.plan(Plan(**ACME), **with_this),
        "ingest": lambda: ingest.ingest(WINDOW, **with_this, settings=settings),
    }
    with pytest.raises(Park, match="acme/connectwise has no credentials"):
        await work[found_by]()
    services = {service.tenant: service for service in await Services(edges.store).all()}
    assert "has no credentials" in services["acme"].parked
    assert (services["acme"].active, services["globex"].active) == (False, True)
    (parked,) = (event for event in told if isinstance(event, ServiceParked))
    assert (parked.tenant, parked.source, parked.reason) == ("acme", "connectwise", services["acme"].parked)


async def test_the_window_that_found_it_out_is_free_again(given, edges, settings):
    """After a resume it is pulled: it has failed with the reason and no claim holds it."""
    with_this, _ = given
    with pytest.raises(Park):
        await ingest.ingest(WINDOW, **with_this, settings=settings)
    (entry,) = await Ledger(edges.store, edges.clock).open("acme", "connectwise", "service/tickets")
    assert (entry.window, entry.state) == (WINDOW.window, State.FAILED)
    assert "has no credentials" in entry.reason

"""What every keeper of secrets keeps: a tenant's own credentials by source, and nobody else's."""

import pytest


@pytest.fixture
def tenant(only_here):
    """A tenant of this test alone."""
    return only_here


async def test_a_tenant_without_secret_has_no_credentials(place, tenant):
    """That is an answer, not an error."""
    assert await place.edges.secrets.get(tenant) == {}


async def test_each_source_has_its_own(place, tenant):
    """Adding, changing and forgetting one source leaves the other."""
    secrets = place.edges.secrets
    await secrets.put(tenant, "connectwise", {"public_key": "a", "private_key": "b"})
    await secrets.put(tenant, "servicenow", {"password": "ü"})
    await secrets.put(tenant, "connectwise", {"public_key": "c"})
    assert await secrets.get(tenant) == {"connectwise": {"public_key": "c"}, "servicenow": {"password": "ü"}}
    await secrets.put(tenant, "connectwise", None)
    assert await secrets.get(tenant) == {"servicenow": {"password": "ü"}}


async def test_forgetting_what_is_not_there_is_fine(place, tenant):
    """A removal may run twice."""
    await place.edges.secrets.put(tenant, "connectwise", None)
    assert await place.edges.secrets.get(tenant) == {}


async def test_no_tenant_sees_anothers(place, tenant):
    """P4."""
    await place.edges.secrets.put(tenant, "connectwise", {"private_key": "b"})
    assert await place.edges.secrets.get(f"{tenant}-evil") == {}

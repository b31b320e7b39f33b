"""Each contract is tried on every edge that must keep it."""

import pytest
from tests.places import account, credentials, embedded, moto_server

ON_LOCALSTACK = [pytest.mark.docker, pytest.mark.xdist_group("localstack")]


@pytest.fixture(scope="session")
def moto():
    """Moto, one for the session."""
    with credentials(), moto_server() as url:
        yield url


@pytest.fixture(params=["embedded", pytest.param("localstack", marks=ON_LOCALSTACK)])
async def place(request, tmp_path, clock):
    """An installation with all its ports."""
    if request.param == "embedded":
        async with embedded(tmp_path, clock) as here:
            yield here
    else:
        async with account(request.getfixturevalue(request.param), clock) as here:
            yield here


@pytest.fixture(params=["embedded", "moto", pytest.param("localstack", marks=ON_LOCALSTACK)])
async def store(request, tmp_path, clock):
    """A store; moto is a second DynamoDB."""
    if request.param == "embedded":
        async with embedded(tmp_path, clock) as here:
            yield here.edges.store
    else:
        async with account(request.getfixturevalue(request.param), clock) as here:
            yield here.edges.store


@pytest.fixture
def only_here(request):
    """A name that no other test of this session uses for its items."""
    return f"t{abs(hash(request.node.nodeid)):x}"[:16]

"""What all tests share: a clean environment, a clock to turn, and hypothesis profiles."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

for _name in [name for name in os.environ if name.startswith(("AVESA_", "AWS_"))]:
    del os.environ[_name]
os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"

settings.register_profile(
    "shared",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("shared")

REPOSITORY = Path(__file__).parent.parent
SHARED = REPOSITORY.parent / "shared"


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.at

    def forward(self, seconds: float) -> None:
        """Move on."""
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Hands:
    """Noon of an ordinary day."""
    return Hands(datetime(2026, 3, 2, 12, tzinfo=UTC))


@pytest.fixture
def event_log() -> Path:
    """The log of real incidents, where it is present."""
    path = SHARED / "data" / "servicenow_incident_events.csv"
    if not path.exists():
        pytest.skip("the log of real incidents is not beside this checkout")
    return path


@pytest.fixture(scope="session")
def localstack() -> Iterator[str]:
    """LocalStack with our tables and bucket, one for the session; skipped without Docker."""
    from tests.places import credentials, localstack_container

    with credentials(), localstack_container() as url:
        yield url

"""`docker compose up` as a newcomer types it: stacks, tenants, schedules and workers, with nobody's help."""

import json
import os
import shutil
import subprocess
import time
import uuid

import pytest
from tests.conftest import REPOSITORY
from tests.lab import MAPPINGS, World
from tests.oracle import TRUTH, equal

from avesa.cli.wiring import now
from avesa.edges import published
from avesa.edges.aws import open_account
from avesa.settings import Settings

TENANTS = {"acme", "globex", "initech", "umbrella"}
WORKER = "canonical-transform-tickets"
PATIENCE = 600
"""Seconds to wait for what takes one or two minutes on a machine that has nothing else to do."""

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.compose, pytest.mark.xdist_group("compose")]


class Stack:
    """One project of compose, with ports that nobody else has."""

    def __init__(self):
        self.project = f"avesa-{uuid.uuid4().hex[:8]}"
        image = {"AVESA_IMAGE": f"{self.project}:local", "TICKETS": "300"}
        self.environment = {**os.environ, **image, "LOCALSTACK_PORT": "0", "SIMULATOR_PORT": "0"}

    def compose(self, *words, check=True):
        """Run a command of compose and return what it prints."""
        command = ["docker", "compose", "--project-name", self.project, *words]
        run = subprocess.run(  # noqa: S603  ours
            command, cwd=REPOSITORY, env=self.environment, capture_output=True, text=True, check=False
        )
        assert not check or run.returncode == 0, f"{run.stderr[-3000:]}\n{self.logs() if words[0] == 'up' else ''}"
        return run.stdout

    def logs(self):
        """The last lines of every container."""
        return self.compose("logs", "--tail", "15", "--no-color", check=False)

    def avesa(self, *words):
        """A command in a worker's container, as JSON."""
        return json.loads(self.compose("exec", "--no-TTY", WORKER, "avesa", *words, "--json"))

    def url(self, service, port):
        """Where this machine reaches a service."""
        return f"http://{self.compose('port', service, str(port)).strip()}"

    def status(self):
        """What `avesa status` says, by (tenant, table)."""
        return {(row["tenant"], row["table"]): row for row in self.avesa("status")}


@pytest.fixture(scope="module")
def stack():
    """Everything up, and gone again whatever happens."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:  # noqa: S603  ours
        pytest.skip("there is no Docker Compose: the stack is not tried")
    stack = Stack()
    try:
        stack.compose("up", "--build", "--wait", "--wait-timeout", str(PATIENCE))
        yield stack
    finally:
        stack.compose("down", "--volumes", "--remove-orphans", "--timeout", "20", check=False)
        subprocess.run([docker, "image", "rm", f"{stack.project}:local"], capture_output=True, check=False)  # noqa: S603  ours


def wait_until(true):
    """Look again and again until it is so."""
    end = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(5)
    return found


@pytest.fixture(scope="module")
def published_whole(stack):
    """The stack once every tenant has its four tables, an hour has passed in the world, and no window waits."""
    wait_until(lambda: all(row["rows"] and not row["waiting"] for row in stack.status().values()))
    before = stack.status()
    World({"connectwise": {"url": stack.url("simulator", 8080)}}).advance(1)
    wait_until(lambda: all(moved(row, before[pair]) for pair, row in stack.status().items()))
    return stack


def moved(now_there, before):
    """Whether a table is fresh to a later time than before, and nothing of it waits."""
    return now_there["fresh_to"] > before["fresh_to"] and not now_there["waiting"]


def test_every_tenant_has_its_tables_by_schedule_alone(published_whole):
    """Ticks of the deployed rules are all that moves it; `avesa sql` sees the rows that `avesa status` tells of."""
    told = {pair: row["rows"] for pair, row in published_whole.status().items()}
    assert told.keys() == {(tenant, table) for tenant in TENANTS for table in TRUTH}
    counted = published_whole.avesa("sql", "select tenant, count(*) as rows from tickets group by tenant")
    assert {(row["tenant"], "tickets"): row["rows"] for row in counted}.items() <= told.items()


def test_nothing_failed_on_the_way(published_whole):
    """No message ended as a dead letter."""
    assert not any(queue["dead"] for queue in published_whole.avesa("dlq", "list"))


@pytest.mark.parametrize("table", list(TRUTH))
async def test_this_machine_reads_what_the_world_holds(published_whole, table, monkeypatch):
    """P1: through LocalStack's port, acme's tables are the simulated source's truth, column for column."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    settings = Settings(environment="local", endpoint_url=published_whole.url("localstack", 4566))
    world = World({"connectwise": {"url": published_whole.url("simulator", 8080)}})
    async with open_account(settings, now) as edges:

        class Reader:
            async def sql(self, statement, *tenants):
                return await published.query(statement, edges.lake, tenants, MAPPINGS, settings)

        await equal(Reader(), world, "acme", table)


def test_a_service_scales(published_whole):
    """Nothing in the file stands in the way of three workers of one source."""
    published_whole.compose("up", "--wait", "--no-recreate", "--scale", "connectwise-ingestion=3")
    containers = published_whole.compose("ps", "--quiet", "connectwise-ingestion").split()
    assert len(containers) == 3

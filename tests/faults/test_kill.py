"""A process that is killed at any step leaves nothing that the next run does not put right."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.lab import Lab, World, lab, simulate
from tests.oracle import TRUTH, equal

from avesa.ports import Queue

DRIVER = Path(__file__).parent / "killed.py"
TENANT = "acme"
VISIBILITY = 1.0

PART = "avesa.edges.embedded.lake:FolderLake.put"
PLAN = "avesa.ledger:Ledger.ensure"
LAND = "avesa.ledger:Ledger.land"
SEND = "avesa.edges.embedded.queue:SqliteQueue.send"
DELETE = "avesa.edges.embedded.queue:SqliteQueue.delete"
PUBLISH = "avesa.edges.delta:commit"
MERGED = "avesa.ledger:Ledger.merge"

FIRST_PASS = [
    ("after", PLAN, 1),
    ("after", SEND, 2),
    ("before", PART, 2),
    ("after", PART, 1),
    ("after", LAND, 3),
    ("before", DELETE, 2),
]
LATER_PASS = [
    ("before", PUBLISH, 1),
    ("after", PUBLISH, 1),
    ("after", PUBLISH, 2),
    ("before", MERGED, 1),
]


@dataclass(frozen=True)
class Ground:
    """A world that stands still, a home that never ran, and one that ran hours ago."""

    world: World
    first: Path
    later: Path


@pytest.fixture(scope="module")
def ground(tmp_path_factory) -> Iterator[Ground]:
    """Both homes, to be copied by each test."""
    root = tmp_path_factory.mktemp("homes")
    with simulate("--seed", "31", "--tickets", "60") as world:
        given = {**world.credential("connectwise"), "requests_per_minute": 600_000}
        pairs = [f"--set={field}={value}" for field, value in given.items()]
        avesa(root / "first", "tenant", "add", TENANT, "connectwise", *pairs).check_returncode()
        shutil.copytree(root / "first", root / "later")
        avesa(root / "later", "run").check_returncode()
        world.advance(6)
        yield Ground(world, root / "first", root / "later")


def name(point: tuple[str, str, int]) -> str:
    """How a point is called in the test's name."""
    when, target, number = point
    return f"{when} {target.partition(':')[2]} {number}"


@pytest.mark.parametrize("point", FIRST_PASS, ids=name)
async def test_the_run_after_a_kill_in_the_first_pass_completes_the_lake(ground, tmp_path, point):
    """P1, P2: data, state, message, in that order, so that any of them may be the last that happened."""
    await killed_then_whole(ground, ground.first, tmp_path / "home", point)


@pytest.mark.parametrize("point", LATER_PASS, ids=name)
async def test_the_run_after_a_kill_in_a_later_pass_completes_the_lake(ground, tmp_path, point):
    """P1, P2: between history, table and ledger a kill only makes work that is done again."""
    await killed_then_whole(ground, ground.later, tmp_path / "home", point)


async def test_messages_that_come_twice_and_in_reverse_change_nothing(ground, tmp_path):
    """P1: SQS delivers at least once and in any order; the ledger decides, not the message."""
    shutil.copytree(ground.later, tmp_path / "home")
    async with lab(tmp_path / "home", visibility=VISIBILITY) as there:
        queue = there.here.edges.queue
        edges = replace(there.here.edges, queue=lambda queue_name: Echo(queue(queue_name)))
        there.here = replace(there.here, edges=edges)
        await there.run()
        await whole(there, ground.world)
        await there.run()
        assert not [merged for merged in there.tally.merged if merged.inserted or merged.updated or merged.deleted]


class Echo:
    """A queue that keeps every message twice, the last sent first; what is only put off is put off once."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue

    def __getattr__(self, called: str) -> object:
        return getattr(self.queue, called)

    async def send(self, bodies: Sequence[tuple[str, bytes]], delay: float = 0) -> None:
        """Send all of it in reverse, and again."""
        again = () if delay else tuple(reversed(bodies))
        await self.queue.send([*reversed(bodies), *again], delay)


async def killed_then_whole(ground: Ground, before: Path, home: Path, point: tuple[str, str, int]) -> None:
    """Kill a run at a point; the next one must make the lake whole."""
    shutil.copytree(before, home)
    run = avesa(home, "run", at=point)
    assert run.returncode == -signal.SIGKILL, f"the point was never reached: {run.stderr}"
    async with lab(home, visibility=VISIBILITY) as there:
        await there.run()
        await whole(there, ground.world)


async def whole(there: Lab, world: World) -> None:
    """The lake is the world, and its history has no row twice."""
    assert not there.tally.troubles
    for table in TRUTH:
        await equal(there, world, TENANT, table)
    history = await there.sql(
        "select ticket_key, count(*) filter (valid_to is null) as open, count(*) as rows, "
        "count(distinct (updated_at_source, content_hash)) as states from tickets_history group by 1",
        TENANT,
    )
    assert {row["ticket_key"] for row in history} >= {f"connectwise:{row['id']}" for row in world.get("tickets")}
    assert [row for row in history if row["open"] != 1 or row["rows"] != row["states"]] == []


def avesa(home: Path, *arguments: str, at: tuple[str, str, int] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, killed at a point if one is given."""
    start = ["-m", "avesa"] if at is None else [str(DRIVER), *map(str, at)]
    command = [sys.executable, *start, "--home", str(home), *arguments]
    environment = {**os.environ, "AVESA_LOOPBACK": "true", "AVESA_VISIBILITY": str(VISIBILITY)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603

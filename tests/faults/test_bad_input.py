"""Bad input gets one clear sentence and a non-zero exit, and what is published stays as it was."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.lab import World, simulate

from avesa.core.names import TABLES, delta_table
from avesa.edges import delta
from avesa.edges.embedded.lake import FolderLake
from avesa.edges.mapping_files import CHECKOUT


@dataclass(frozen=True)
class Ground:
    """A world, and a home that has published it as it was two hours ago."""

    world: World
    home: Path


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Iterator[Ground]:
    """One run for all tests."""
    home = tmp_path_factory.mktemp("published") / "home"
    with simulate("--seed", "51", "--tickets", "60") as world:
        add(home, world).check_returncode()
        avesa(home, "run").check_returncode()
        world.advance(2)
        yield Ground(world, home)


@pytest.fixture
def home(published, tmp_path) -> Iterator[Path]:
    """A copy for one test; no table in it may have another version after it."""
    copy = tmp_path / "home"
    shutil.copytree(published.home, copy)
    before = versions(copy)
    assert min(before.values()) >= 0
    yield copy
    assert versions(copy) == before


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("unauthorized", "ConnectWise refuses the API keys"),
        ("forbidden", "Give the API member's role inquire rights"),
    ],
)
def test_a_wrong_key_and_a_missing_right_are_told(published, home, fault, said):
    """T6: neither is tried again and again, and neither is taken for a source without rows."""
    published.world.fault(fault)
    try:
        refused(avesa(home, "run"), said)
    finally:
        published.world.fault(fault, on=False)


def test_an_unknown_company_is_told(published, home):
    """The code base of a company that is not there cannot be looked up."""
    add(home, published.world, company_id="nobody").check_returncode()
    refused(avesa(home, "run"), "ConnectWise knows no company nobody")


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("r.summary as title", "r.sumary as title", "r.sumary is not in the entity's shape"),
        ("r.summary as title", "r.summary as titel", "titel is not a column of tickets"),
        ("r.summary as title", "getenv(r.summary) as title", "the function getenv may not be used"),
    ],
)
def test_a_wrong_mapping_is_refused_before_anything_runs(home, tmp_path, was, becomes, said):
    """The sentence names the file and the line."""
    folder = tmp_path / "mappings"
    shutil.copytree(CHECKOUT, folder)
    file = folder / "tickets" / "connectwise.sql"
    text = file.read_text(encoding="utf-8")
    assert was in text
    file.write_text(text.replace(was, becomes), encoding="utf-8")
    for command in (["run"], ["reprocess", "acme", "tickets"]):
        refused(avesa(home, *command, AVESA_MAPPINGS=str(folder)), "tickets/connectwise.sql:", said)


def test_a_tenant_id_with_a_slash_is_refused(published, home):
    """P4: it would reach into another tenant's keys."""
    refused(add(home, published.world, tenant="acme/../other"), "is not a tenant id")


def test_a_corrupt_state_file_is_named(home):
    """It says which file, and what may be done."""
    for file in home.glob("state.sqlite-*"):
        file.unlink()
    (home / "state.sqlite").write_bytes(b"not a database " * 1000)
    refused(avesa(home, "run"), "state.sqlite is not a readable state file")


def test_secrets_that_others_can_read_are_not_used(home):
    """A credential in the open is a reason to stop, not a warning."""
    (home / "secrets.json").chmod(0o644)
    run = avesa(home, "run")
    refused(run, "can be read by others: chmod 600")
    assert "attempts)" not in run.stderr, "it was tried again, which cannot help"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small scratch disk")
def test_a_full_scratch_disk_is_told(home, tmp_path):
    """T12: the disk is named; what could not be written is pulled again by a later run."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(scratch)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:  # noqa: S603
        pytest.skip("this machine lets nobody make a small scratch disk")
    (scratch / "full").write_bytes(bytes(2 << 20))
    try:
        refused(avesa(home, "run", AVESA_SCRATCH=str(scratch), AVESA_ATTEMPTS="1"), "is the scratch disk full?")
    finally:
        subprocess.run(["umount", str(scratch)], check=True)  # noqa: S603, S607


def refused(run: subprocess.CompletedProcess[str], *said: str) -> None:
    """The command failed and said why, in one sentence for people."""
    assert run.returncode in {1, 2}, run.stderr
    assert "Traceback" not in run.stderr + run.stdout
    sentences = [line for line in run.stderr.splitlines() if line.startswith(("avesa: ", "! "))]
    others = [line for line in run.stderr.splitlines() if line not in sentences]
    assert len(sentences) == 1, run.stderr
    assert all(part in sentences[0] for part in said), sentences[0]
    assert all(line.startswith("0 rows landed and proven") for line in others), run.stderr


def versions(home: Path) -> dict[str, int]:
    """The Delta version of every published table."""
    lake = FolderLake(home / "lake")
    return {table: delta.snapshot(lake.table(delta_table("acme", table)), "").version for table in TABLES}


def add(home: Path, world: World, tenant: str = "acme", **changed: str) -> subprocess.CompletedProcess[str]:
    """Add the simulated source to a tenant."""
    fields = {**world.credential("connectwise"), "requests_per_minute": "600000", **changed}
    return avesa(home, "tenant", "add", tenant, "connectwise", *(f"--set={name}={v}" for name, v in fields.items()))


def avesa(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    environment = {**os.environ, "AVESA_LOOPBACK": "true", "AVESA_VISIBILITY": "2", **settings}
    command = [sys.executable, "-m", "avesa", "--home", str(home), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)  # noqa: S603

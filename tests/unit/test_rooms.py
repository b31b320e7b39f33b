"""The rooms keep their doors: what may import what, who reads the environment, who makes tasks."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "services"
PURE = sorted([*(ROOT / "avesa/core").glob("*.py"), *(ROOT / "avesa/sources").glob("*.py")])
ALL = sorted((ROOT / "avesa").rglob("*.py"))
FORBIDDEN = {
    "httpx",
    "duckdb",
    "boto3",
    "botocore",
    "aiobotocore",
    "asyncio",
    "os",
    "pyarrow",
    "deltalake",
    "socket",
    "time",
}


def imported(path: Path) -> set[str]:
    """Every module a file imports, whole names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.name)
def test_rules_do_no_io(path):
    """core/ and sources/ import no I/O, no asyncio and no edge."""
    assert not {name for name in imported(path) if name.split(".")[0] in FORBIDDEN or name.startswith("avesa.edges")}


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.name)
def test_rules_have_no_clock(path):
    """core/ and sources/ are handed the time."""
    assert not re.search(r"\b(utcnow|now)\(\)|datetime\.now|date\.today", path.read_text())


def test_the_environment_is_read_in_one_file():
    """Only settings.py knows the environment."""
    readers = [path.name for path in ALL if re.search(r"os\.environ|os\.getenv", path.read_text())]
    assert readers == []


def test_only_the_worker_catches_everything():
    """`except Exception` stands in the worker loop alone."""
    assert {path.name for path in ALL if re.search(r"except (Base)?Exception\b", path.read_text())} <= {"worker.py"}


def test_avesa_and_simulator_do_not_know_each_other():
    """The simulator is a separate package: neither imports the other."""
    for package, other in (("avesa", "simulator"), ("simulator", "avesa")):
        for path in (ROOT / package).rglob("*.py"):
            assert not {name for name in imported(path) if name.split(".")[0] == other}, path


def test_no_room_has_a_name_that_says_nothing():
    """No file is called utils, helpers, common, manager, processor or base."""
    said = {path.stem for path in ROOT.rglob("*.py")}
    assert not said & {"utils", "util", "helpers", "helper", "common", "manager", "processor", "base", "misc"}


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.name)
def test_files_stay_small(path):
    """A file has one subject and at most 300 lines; a function at most 45."""
    text = path.read_text()
    assert text.count("\n") <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno <= 45, node.name

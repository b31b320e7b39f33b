"""Every command of the README is run, in its order, as a newcomer would."""

import json
import os
import re
import shlex
import subprocess
import sys

import pytest
from tests.conftest import REPOSITORY
from tests.lab import simulate

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
COMMANDS = [line.removeprefix("$ ") for block in BLOCKS for line in block.splitlines()]
AVESA = [command for command in COMMANDS if command.startswith("avesa ")]
MAKE = [command for command in COMMANDS if command.startswith("make ")]
COMPOSE = [command for command in COMMANDS if command.startswith("docker compose ")]

HELP = """
import sys
sys.argv = ["avesa", "--help"]
from avesa.__main__ import main
try:
    main()
except SystemExit:
    print({"duckdb", "pyarrow", "deltalake"} & set(sys.modules))
"""


def test_every_command_is_of_a_kind_that_is_tested():
    """A command that no test runs does not get into the README."""
    assert sorted(COMMANDS) == sorted(AVESA + MAKE + COMPOSE)
    assert len(COMMANDS) > 20


def test_the_two_set_up_commands_come_first():
    """`make demo` and `make test` open the README and are targets."""
    assert COMMANDS[:2] == ["make demo", "make test"]
    for command in MAKE:
        subprocess.run(["make", "-n", command.split()[1]], cwd=REPOSITORY, check=True, capture_output=True)  # noqa: S603, S607


def test_the_readme_s_avesa_commands_work(tmp_path):
    """In order, on a new installation, each exits 0 and prints something."""
    environment = {**os.environ, "AVESA_LOOPBACK": "true"}
    with simulate("--seed", "31", "--tickets", "60") as world:
        (tmp_path / "acme.json").write_text(json.dumps(world.credential("connectwise")))
        for command in AVESA:
            arguments = [sys.executable, "-m", "avesa", *shlex.split(command)[1:]]
            done = subprocess.run(arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
            assert done.returncode == 0, (command, done.stderr)
            assert done.stdout + done.stderr, command


def test_help_imports_no_engine():
    """The command line answers --help without duckdb or pyarrow."""
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip().endswith("set()")


@pytest.mark.parametrize("service", ["localstack", "simulator", "connectwise-ingestion", "canonical-transform-tickets"])
def test_compose_names_the_services_that_the_readme_does(service):
    """What the README starts is in the compose file."""
    assert re.search(rf"^  {service}:", (REPOSITORY / "docker-compose.yml").read_text(), re.MULTILINE)

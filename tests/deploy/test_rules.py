"""Three rule sets over the templates as each environment renders them; every exception has a reason."""

import json
import platform
import re
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
from tests.deploy.rendering import render, wanted

from avesa.core.stacks import ENVIRONMENTS
from avesa.edges import template_files

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".venv" / "tools"
TEMPLATES = sorted((ROOT / "deploy" / "cloudformation").glob("*.yaml"))
GUARD = TOOLS / "node_modules" / "@cdklabs" / "cdk-validator-cfnguard"
CHECKOV = TOOLS / "checkov" / "bin" / "checkov"

GUARD_EXCEPTIONS = {
    ("Lake", "s3_bucket_logging_enabled_check"): "who reads it stands in CloudTrail's data events, which say more",
    ("Lake", "s3_event_notifications_enabled_check"): "nothing listens to it: messages tell of work, after the data",
    ("Lake", "s3_bucket_object_lock_enabled_check"): "a tenant who leaves must be erased; versions guard from mistakes",
    ("Undelivered", "sqs_dlq_check"): "it is a dead-letter queue, of the schedule; no queue may redrive into it",
}
CHECKOV_EXCEPTIONS = {"CKV_AWS_18": "as for the Lake above"}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """Every stack of every environment as a resolved template in a folder."""
    folder = tmp_path_factory.mktemp("rendered")
    for stack in chain.from_iterable(map(wanted, ENVIRONMENTS)):
        (folder / f"{stack.name}.json").write_text(json.dumps(render(stack)))
    return folder


def run(*command):
    """What a checker says."""
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)  # noqa: S603  pinned


def test_the_sources_pass_cfn_lint():
    """CloudFormation's own schema, with warnings."""
    said = run(Path(sys.executable).parent / "cfn-lint", "-t", *TEMPLATES)
    assert said.returncode == 0, said.stdout


def test_the_control_tower_rules_hold(rendered):
    """237 rules of AWS Control Tower; those that fail are the exceptions named above, all of them."""
    guard = GUARD / "bin" / "ubuntu" / platform.machine() / "cfn-guard"
    if not guard.exists():
        pytest.skip("cfn-guard is not installed: tests/deploy/tools.sh does")
    guard.chmod(0o755)
    rules = GUARD / "rules" / "control-tower"
    said = run(guard, "validate", "-r", rules, "-d", rendered, "-S", "fail", "--type", "CFNTemplate")
    assert said.returncode in {0, 19}, said.stderr
    failed = re.findall(r"Resource = (\w+) \{\s+Type\s+= [\w:]+\s+Rule = (\w+)", said.stdout)
    assert set(failed) == set(GUARD_EXCEPTIONS)


def test_checkov_holds(rendered):
    """Checkov's rules for CloudFormation; those that fail are the exceptions named above."""
    if not CHECKOV.exists():
        pytest.skip("checkov is not installed: tests/deploy/tools.sh does")
    said = run(CHECKOV, "-d", rendered, "--framework", "cloudformation", "--compact", "--quiet", "-o", "json")
    found = json.loads(said.stdout)
    assert found["summary"]["parsing_errors"] == 0
    assert {check["check_id"] for check in found["results"]["failed_checks"]} == set(CHECKOV_EXCEPTIONS)


def test_every_resource_says_what_it_is_for():
    """A sentence stands above or inside each resource, so that a template reads as a table of contents."""
    for path, text in template_files.read().items():
        lines = text.partition("\nResources:\n")[2].splitlines()
        for number, line in enumerate(lines):
            if re.fullmatch(r"  \w+:", line):
                assert lines[number + 1].lstrip().startswith("# "), f"{path}: {line.strip()}"

"""Adds the demo's tenants, each source at least once and one tenant with two; those that are there stay as they are."""

import json
import subprocess
import sys
from pathlib import Path

from avesa.sources.registry import dialect

CREDENTIALS = Path("/scratch/credentials.json")
TENANTS = (
    ("acme", "connectwise"),
    ("globex", "servicenow"),
    ("initech", "salesforce"),
    ("umbrella", "connectwise"),
    ("umbrella", "servicenow"),
)
SETTINGS = ("--set", "window_days=365", "--set", "requests_per_minute=60000")
"""They are small and their sources patient, so that a laptop has them whole in minutes."""


def avesa(*words: str, given: str = "") -> str:
    """Run a command of avesa and return what it prints."""
    return subprocess.run(("avesa", *words), input=given, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    """Add who is missing."""
    credentials = json.loads(CREDENTIALS.read_text())
    there = {(row["tenant"], row["source"]) for row in json.loads(avesa("tenant", "list", "--json"))}
    for tenant, source in TENANTS:
        if (tenant, source) not in there:
            wanted = {field.name for field in dialect(source).fields}
            secret = json.dumps({name: str(value) for name, value in credentials[source].items() if name in wanted})
            avesa("tenant", "add", tenant, source, "--secret-file", "-", *SETTINGS, given=secret)


if __name__ == "__main__":
    sys.exit(main())

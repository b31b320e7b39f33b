"""Resources have the names that operators know, and the templates give them the same."""

import re
from pathlib import Path

import pytest

from avesa.core.names import (
    TABLES,
    aws_bucket,
    aws_dead_letters,
    aws_key,
    aws_queue,
    aws_secret,
    aws_table,
    ingest_queue,
    transform_queue,
)
from avesa.errors import UsageError

TEMPLATES = Path(__file__).parents[2] / "deploy/cloudformation"
STORED = ("TenantServices", "LastUpdated", "Windows", "Leases")


@pytest.mark.parametrize("environment", ["local", "dev", "staging", "prod"])
def test_the_program_looks_where_the_templates_put_things(environment):
    """Queues, tables, bucket and key, in every environment."""
    worker, data = (given(name, environment, "time-entries") for name in ("worker.yaml", "data.yaml"))
    assert f"QueueName: !Sub {aws_queue('time-entries', environment)}\n" in worker
    assert f"QueueName: !Sub {aws_dead_letters('time-entries', environment)}\n" in worker
    assert aws_key(environment) in data
    assert aws_bucket(environment) in data.replace("${LakeName}", "data-storage-msp")
    assert f"secret:{aws_secret('acme', environment).removesuffix('acme')}*" in worker
    named = dict(re.findall(r'TableName: !If \[IsProd, (\w+), !Sub "([\w-]+)"]', data))
    assert set(named) == set(STORED)
    for table in STORED:
        assert aws_table(table, environment) == (table if environment == "prod" else named[table])


def test_every_service_has_its_queue():
    """A service's file is named as its queue is."""
    services = {path.stem for path in (TEMPLATES / "services").glob("*.yaml")}
    sources = {ingest_queue(source) for source in ("connectwise", "servicenow", "salesforce")}
    assert services == sources | {transform_queue(table) for table in TABLES}


def test_a_secret_is_of_a_tenant():
    """P4: what is no tenant id never becomes a part of a name."""
    with pytest.raises(UsageError):
        aws_secret("../other", "dev")


def given(template, environment, service):
    """A template's text with what every name is made of."""
    text = (TEMPLATES / template).read_text()
    return text.replace("${Environment}", environment).replace("${Service}", service)

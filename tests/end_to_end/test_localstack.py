"""The real verbs on the AWS edges: an hour's work in an emulated account equals the world."""

import pytest
from tests.lab import MAPPINGS, Lab, Shifted, simulate
from tests.oracle import TRUTH, equal
from tests.places import account_settings, make_queue

from avesa.cli.progress import Tally
from avesa.cli.wiring import Installation
from avesa.client import Clients
from avesa.core.names import SOURCES, TABLES, ingest_queue, transform_queue
from avesa.edges.aws import open_account


@pytest.mark.slow
@pytest.mark.docker
@pytest.mark.xdist_group("localstack")
async def test_the_lake_on_s3_equals_the_world(localstack, tmp_path):
    """P1 to P3 on DynamoDB, SQS, S3 and Secrets Manager: backfill, hours of change, a refused session."""
    for name in (*map(ingest_queue, SOURCES), *map(transform_queue, TABLES)):
        make_queue(localstack, name)
    settings = account_settings(localstack, home=tmp_path, loopback=True, visibility=30, scratch=tmp_path / "scratch")
    clock, tally = Shifted(), Tally()
    with simulate("--seed", "31", "--tickets", "200") as world:
        async with open_account(settings, clock) as edges, Clients(edges, MAPPINGS, settings, tally) as clients:
            there = Lab(Installation(settings, edges, MAPPINGS, clients, tally), tally, clock)
            before = set(await edges.lake.names(""))
            await there.add("acme", "connectwise", world.credential("connectwise"))
            await there.run()
            for _ in range(2):
                world.advance(4)
                there.wait(4)
                await there.run()
            assert not tally.troubles
            for table in TRUTH:
                await equal(there, world, "acme", table)
            fresh = set(await edges.lake.names("")) - before
            assert fresh
            assert all(name.startswith("acme/") for name in fresh)

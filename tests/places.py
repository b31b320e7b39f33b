"""Where a contract is tried: the embedded edges, LocalStack, and moto for the store."""

import asyncio
import contextlib
import logging
import shutil
import subprocess
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.conftest import Hands

from avesa.core.names import aws_bucket, aws_dead_letters, aws_queue, aws_table
from avesa.edges.aws import open_account
from avesa.edges.embedded import open_home
from avesa.ports import Edges, Queue
from avesa.settings import Settings

TABLES = ("TenantServices", "LastUpdated", "Windows", "Leases")
VISIBILITY = 2


@dataclass
class Place:
    """Open edges, a queue of this test alone, and a way to let time pass."""

    edges: Edges
    queue: Queue
    clock: Hands
    settings: Settings

    @property
    def embedded(self) -> bool:
        """Whether it is on this machine."""
        return self.settings.environment == "embedded"

    async def wait(self, seconds: float) -> None:
        """Let time pass: by the hands of the clock, or for real where AWS keeps the time."""
        self.clock.forward(seconds)
        if not self.embedded:
            await asyncio.sleep(seconds + 0.5)


@asynccontextmanager
async def embedded(home: Path, clock: Hands) -> AsyncIterator[Place]:
    """An installation in a folder."""
    settings = Settings(home=home, visibility=VISIBILITY)
    edges = open_home(settings, clock)
    yield Place(edges, edges.queue("contract"), clock, settings)


@asynccontextmanager
async def account(url: str, clock: Hands) -> AsyncIterator[Place]:
    """An emulated account with a queue and a lake of this test alone."""
    name = f"contract-{uuid.uuid4().hex[:8]}"
    settings = account_settings(url, lake=f"s3://{aws_bucket('local')}/{name}", visibility=VISIBILITY)
    make_queue(url, name)
    async with open_account(settings, clock) as edges:
        yield Place(edges, edges.queue(name), clock, settings)


def account_settings(url: str, **given: Any) -> Settings:
    """Settings of an emulated account."""
    return Settings(**{"environment": "local", "endpoint_url": url, **given})


def client(service: str, url: str) -> Any:
    """A plain client of an emulated account."""
    return boto3.client(service, region_name="us-east-2", endpoint_url=url)


def make_tables(url: str) -> None:
    """The four tables, keyed as in deploy/cloudformation/data.yaml."""
    for table in TABLES:
        client("dynamodb", url).create_table(
            TableName=aws_table(table, "local"),
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )


def make_queue(url: str, name: str) -> None:
    """A queue and its dead-letter queue."""
    sqs = client("sqs", url)
    for full in (aws_queue(name, "local"), aws_dead_letters(name, "local")):
        sqs.create_queue(QueueName=full)


@contextmanager
def credentials() -> Iterator[None]:
    """Made-up credentials, which emulators take."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        yield


@contextmanager
def localstack_container() -> Iterator[str]:
    """The URL of a fresh LocalStack with tables and bucket; without Docker the test is skipped."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "version"], capture_output=True, check=False).returncode:  # noqa: S603  ours
        pytest.skip("there is no Docker engine: what needs LocalStack is not tried")
    from testcontainers.community.localstack import LocalStackContainer

    container = LocalStackContainer("localstack/localstack:4.14.0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # testcontainers warns of its own call
        container.start()
    try:
        url = container.get_url()
        make_tables(url)
        client("s3", url).create_bucket(
            Bucket=aws_bucket("local"), CreateBucketConfiguration={"LocationConstraint": "us-east-2"}
        )
        client("kms", url).create_alias(
            AliasName="alias/avesa-local", TargetKeyId=client("kms", url).create_key()["KeyMetadata"]["KeyId"]
        )
        yield url
    finally:
        with contextlib.suppress(OSError):
            container.stop()


@contextmanager
def moto_server() -> Iterator[str]:
    """The URL of a moto server in this process, with tables."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104  where moto says it listens
        make_tables(url)
        yield url
    finally:
        server.stop()

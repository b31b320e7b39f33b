"""An installation in an AWS account: DynamoDB for state, SQS for queues, S3 as lake, Secrets Manager."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

from avesa.core.names import aws_dead_letters, aws_queue
from avesa.edges.aws.dead_letters import DeadLetters
from avesa.edges.aws.dynamodb import DynamoStore
from avesa.edges.aws.s3 import BucketLake
from avesa.edges.aws.secretsmanager import ManagedSecrets
from avesa.edges.aws.sqs import SqsQueue
from avesa.ports import Clock, Edges
from avesa.settings import Settings

SERVICES = ("dynamodb", "s3", "secretsmanager", "sqs")


@asynccontextmanager
async def open_account(settings: Settings, clock: Clock) -> AsyncIterator[Edges]:
    """Open the environment that the settings name, with whatever credentials the task or the shell has."""
    async with AsyncExitStack() as stack:
        clients = {service: await stack.enter_async_context(_client(service, settings)) for service in SERVICES}

        @cache
        def queue(name: str) -> SqsQueue:
            sqs, environment = clients["sqs"], settings.environment
            dead = DeadLetters(sqs, aws_dead_letters(name, environment), aws_queue(name, environment))
            return SqsQueue(sqs, name, aws_queue(name, environment), dead, visibility=settings.visibility)

        yield Edges(
            store=DynamoStore(clients["dynamodb"], settings.environment),
            lake=BucketLake(clients["s3"], settings),
            secrets=ManagedSecrets(clients["secretsmanager"], settings.environment, clock),
            queue=queue,
            clock=clock,
        )


def _client(service: str, settings: Settings) -> Any:
    config = AioConfig(
        retries={"mode": "standard", "total_max_attempts": 8},
        connect_timeout=5,
        read_timeout=30,
        max_pool_connections=max(32, 4 * settings.slots),
        tcp_keepalive=True,
        s3={"addressing_style": "path"} if settings.endpoint_url else {},
    )
    return get_session().create_client(
        service, region_name=settings.region, endpoint_url=settings.endpoint_url, config=config
    )

"""What LocalStack does not make is deployed to moto: ECS, addresses, and properties that LocalStack forgets."""

import json
import warnings

import boto3
import pytest
from moto import mock_aws
from tests.deploy.rendering import REGION, render, wanted

EMULATED = "123456789012"
SERVICE = "avesa-canonical-transform-tickets-prod"


def left_behind():
    """What the stacks so far have left in SSM."""
    found = boto3.client("ssm", REGION).get_parameters_by_path(Path="/avesa", Recursive=True)["Parameters"]
    return {parameter["Name"]: parameter["Value"] for parameter in found}


@pytest.fixture(scope="module")
def client():
    """Production's data, cluster and one worker on moto; what it does not know, it leaves out."""
    with pytest.MonkeyPatch.context() as patch, mock_aws(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tried to parse", UserWarning)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        for stack in wanted("prod"):
            if stack.name in {"avesa-data-prod", "avesa-cluster-prod", SERVICE}:
                template = json.dumps(render(stack, left_behind(), EMULATED))
                boto3.client("cloudformation", REGION).create_stack(StackName=stack.name, TemplateBody=template)
        yield lambda service: boto3.client(service, REGION)


def test_a_task_is_read_only_unprivileged_and_has_two_minutes(client):
    """No root, no privileges, one scratch volume, the health command, and the time to finish."""
    task = client("ecs").describe_task_definition(taskDefinition=SERVICE)["taskDefinition"]
    (container,) = task["containerDefinitions"]
    assert (container["cpu"], container["memory"]) == (2048, 8192)
    assert container["command"] == ["worker", "transform", "--table", "tickets"]
    assert (container["user"], container["readonlyRootFilesystem"], container["stopTimeout"]) == (
        "10001:10001",
        True,
        120,
    )
    assert container["linuxParameters"] == {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}}
    assert container["healthCheck"]["command"] == ["CMD", "avesa", "health"]
    assert [mount["containerPath"] for mount in container["mountPoints"]] == ["/scratch"]
    assert container["image"].endswith(":0.1.0")


def test_the_container_is_told_where_it_is(client):
    """Environment, lake and limits come from the stacks; nothing in it is secret."""
    task = client("ecs").describe_task_definition(taskDefinition=SERVICE)["taskDefinition"]
    told = {one["name"]: one["value"] for one in task["containerDefinitions"][0]["environment"]}
    assert told == {
        "AVESA_ENVIRONMENT": "prod",
        "AVESA_REGION": REGION,
        "AVESA_LAKE": "s3://data-storage-msp-prod",
        "AVESA_MEMORY_LIMIT_MB": "4096",
        "AVESA_THREADS": "2",
    }


def test_the_service_runs_in_the_cluster(client):
    """One service by its name, of this task definition."""
    (service,) = client("ecs").describe_services(cluster="avesa-prod", services=[SERVICE])["services"]
    assert service["taskDefinition"].rpartition("/")[2].startswith(f"{SERVICE}:")


def test_tables_are_protected_from_deletion(client):
    """Production's tables carry no suffix and cannot be deleted by mistake."""
    tables = {
        name: client("dynamodb").describe_table(TableName=name)["Table"] for name in ("TenantServices", "Windows")
    }
    assert all(table["DeletionProtectionEnabled"] for table in tables.values())


def test_logs_are_kept_for_a_year(client):
    """One log group of the environment."""
    (group,) = client("logs").describe_log_groups(logGroupNamePrefix="/avesa/prod")["logGroups"]
    assert group["retentionInDays"] == 365


def test_workers_have_one_address(client):
    """Sources can put it on an allow-list."""
    (gateway,) = client("ec2").describe_nat_gateways()["NatGateways"]
    assert len(gateway["NatGatewayAddresses"]) == 1

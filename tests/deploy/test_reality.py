"""What an emulator calls CREATE_COMPLETE is read back; what it only pretends is listed, and nothing else may be."""

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from itertools import chain

import boto3
import pytest
from tests.deploy.reading import READERS
from tests.deploy.rendering import REGION, render, wanted

from avesa.deploy import deploy
from avesa.edges.cloudformation import Account

EMULATED = "000000000000"

NOT_MADE = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
}
"""LocalStack says that it made them and makes nothing; README lists them as not yet proven on a real account."""

DROPPED = {
    ("AWS::DynamoDB::Table", "DeletionProtectionEnabled"): "read back on moto",
    ("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification"): "moto forgets it too",
    ("AWS::EC2::SecurityGroup", "SecurityGroupEgress"): "moto forgets it too",
    ("AWS::EC2::VPC", "EnableDnsHostnames"): "moto forgets it too",
    ("AWS::KMS::Key", "PendingWindowInDays"): "what counts once a key is deleted, no service tells before",
    ("AWS::Logs::LogGroup", "KmsKeyId"): "moto forgets it too",
    ("AWS::Logs::LogGroup", "RetentionInDays"): "read back on moto",
    ("AWS::S3::Bucket", "BucketEncryption"): "AES256, whatever is asked for",
    ("AWS::S3::Bucket", "LifecycleConfiguration"): "moto forgets it too",
}
"""Properties that LocalStack forgets, and where else they are proven; README lists those that nobody proves."""

ATTACHED = {
    "AWS::EC2::EIP",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::ECR::Repository",
    "AWS::KMS::Alias",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}
"""Made, and read back in tests of their own or by what hangs on them."""

ENVIRONMENTS = ("prod", "dev", "local")
"""A service that always runs, one that the schedule starts, and rules in place of schedules."""

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.xdist_group("localstack")]


def deployed(environment):
    """The stacks of an environment; LocalStack makes no addresses, which a NAT gateway needs."""
    return wanted(environment, Nat="false")


@pytest.fixture(scope="module")
def account(localstack):
    """Three environments, deployed side by side."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        made = Account(REGION, localstack)
        for environment in ENVIRONMENTS:
            deploy(made, EMULATED, deployed(environment), lambda *_: True, lambda _: None)

        @cache
        def client(service):
            return boto3.client(service, region_name=REGION, endpoint_url=localstack)

        yield client


def resources(client, stack):
    """What CloudFormation says about a stack: logical id → (type, physical id)."""
    found = client("cloudformation").describe_stack_resources(StackName=stack.name)["StackResources"]
    return {one["LogicalResourceId"]: (one["ResourceType"], one.get("PhysicalResourceId", "unknown")) for one in found}


def differs(wish, held):
    """Whether a held value is not what the template wishes; references are only asked to lead somewhere."""
    match wish:
        case dict() if any(name == "Ref" or name.startswith("Fn::") for name in wish):
            return not held
        case dict():
            folded = {name.lower(): value for name, value in held.items()} if isinstance(held, dict) else {}
            return any(differs(value, folded.get(name.lower())) for name, value in wish.items())
        case list():
            return not isinstance(held, list) or any(all(differs(one, other) for other in held) for one in wish)
        case str() if "<" in wish:
            return not fnmatchcase(str(held), re.sub(r"<[^>]+>", "*", wish))
        case int() if isinstance(held, float):
            return wish != held
        case _:
            return str(wish).lower() != str(held).lower()


@dataclass
class Comparison:
    """What came of comparing templates with services."""

    wrong: dict[tuple[str, str], str] = field(default_factory=dict)
    pretended: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)

    def compare(self, client, stack, left):
        """Look at every resource of a stack."""
        wishes = render(stack, left, EMULATED)["Resources"]
        made = resources(client, stack)
        assert made.keys() == wishes.keys()
        for name, (kind, physical) in made.items():
            if physical == "unknown":
                self.pretended.add(kind)
            elif kind not in READERS:
                self.unread.add(kind)
            else:
                self.properties(kind, wishes[name]["Properties"], READERS[kind](client, physical))

    def properties(self, kind, wishes, held):
        """Look at every property of a resource."""
        for title, wish in wishes.items():
            if differs(wish, held.get(title)):
                self.wrong[kind, title] = f"{wish} but {held.get(title)}"


def test_every_property_is_kept(account):
    """Each property of each resource is what its service holds, but for those listed as dropped."""
    pages = account("ssm").get_paginator("get_parameters_by_path").paginate(Path="/avesa/", Recursive=True)
    left = {parameter["Name"]: parameter["Value"] for page in pages for parameter in page["Parameters"]}
    found = Comparison()
    for stack in chain.from_iterable(map(deployed, ENVIRONMENTS)):
        found.compare(account, stack, left)
    assert found.pretended == NOT_MADE
    assert found.unread <= ATTACHED
    assert [f"{pair}: {wrong}" for pair, wrong in found.wrong.items() if pair not in DROPPED] == []


@pytest.mark.usefixtures("account")
def test_a_second_deployment_changes_nothing(localstack):
    """Deploying what is there already finds every stack as it should be."""
    said = []
    deploy(Account(REGION, localstack), EMULATED, deployed("local"), lambda *_: pytest.fail("asked"), said.append)
    assert all(line.endswith("as it should be") for line in said)

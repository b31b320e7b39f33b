"""Reads deployed resources back through their services, in CloudFormation's words.

Each reader takes a physical id and returns the properties that the service really holds.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

Properties = Mapping[str, Any]
Clients = Callable[[str], Any]


def queue(of: Clients, url: str) -> Properties:
    """AWS::SQS::Queue."""
    held = of("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    folded = {name: json.loads(held[name]) for name in ("RedrivePolicy", "RedriveAllowPolicy") if name in held}
    return {**held, **folded, "QueueName": url.rpartition("/")[2]}


def table(of: Clients, name: str) -> Properties:
    """AWS::DynamoDB::Table."""
    held = of("dynamodb").describe_table(TableName=name)["Table"]
    backups = of("dynamodb").describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    live = of("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    sealed = held.get("SSEDescription", {})
    return {
        **held,
        "BillingMode": held.get("BillingModeSummary", {}).get("BillingMode"),
        "SSESpecification": {
            "SSEEnabled": sealed.get("Status") == "ENABLED",
            "SSEType": sealed.get("SSEType"),
            "KMSMasterKeyId": sealed.get("KMSMasterKeyArn"),
        },
        "PointInTimeRecoverySpecification": {
            "PointInTimeRecoveryEnabled": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
            == "ENABLED"
        },
        "TimeToLiveSpecification": {
            "AttributeName": live.get("AttributeName"),
            "Enabled": live["TimeToLiveStatus"] == "ENABLED",
        },
    }


def bucket(of: Clients, name: str) -> Properties:
    """AWS::S3::Bucket."""
    s3 = of("s3")
    rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    named = [
        {**rule, "ServerSideEncryptionByDefault": rule.pop("ApplyServerSideEncryptionByDefault")} for rule in rules
    ]
    return {
        "BucketName": name,
        "BucketEncryption": {"ServerSideEncryptionConfiguration": named},
        "VersioningConfiguration": s3.get_bucket_versioning(Bucket=name),
        "OwnershipControls": s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"],
        "PublicAccessBlockConfiguration": s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
        "LifecycleConfiguration": _lifecycle(s3, name),
    }


def _lifecycle(s3: Any, name: str) -> Any:
    try:
        return {"Rules": s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]}
    except s3.exceptions.ClientError:
        return None


def key(of: Clients, key_id: str) -> Properties:
    """AWS::KMS::Key."""
    kms = of("kms")
    return {
        "Description": kms.describe_key(KeyId=key_id)["KeyMetadata"]["Description"],
        "EnableKeyRotation": kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"],
        "KeyPolicy": json.loads(kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"]),
    }


def role(of: Clients, name: str) -> Properties:
    """AWS::IAM::Role."""
    held = of("iam").get_role(RoleName=name)["Role"]
    attached = of("iam").list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return {**held, "ManagedPolicyArns": [policy["PolicyArn"] for policy in attached]}


def policy(of: Clients, arn: str) -> Properties:
    """AWS::IAM::ManagedPolicy."""
    held = of("iam").get_policy(PolicyArn=arn)["Policy"]
    version = of("iam").get_policy_version(PolicyArn=arn, VersionId=held["DefaultVersionId"])["PolicyVersion"]
    return {"ManagedPolicyName": held["PolicyName"], "PolicyDocument": version["Document"]}


def topic(of: Clients, arn: str) -> Properties:
    """AWS::SNS::Topic."""
    held = of("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    return {**held, "TopicName": arn.rpartition(":")[2]}


def alarm(of: Clients, name: str) -> Properties:
    """AWS::CloudWatch::Alarm."""
    held: Properties = of("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    return held


def schedule(of: Clients, name: str) -> Properties:
    """AWS::Scheduler::Schedule."""
    held: Properties = of("scheduler").get_schedule(Name=name)
    return held


def rule(of: Clients, name: str) -> Properties:
    """AWS::Events::Rule."""
    name = name.rpartition("/")[2]
    return {**of("events").describe_rule(Name=name), "Targets": of("events").list_targets_by_rule(Rule=name)["Targets"]}


def parameter(of: Clients, name: str) -> Properties:
    """AWS::SSM::Parameter."""
    held: Properties = of("ssm").get_parameter(Name=name)["Parameter"]
    return held


def log_group(of: Clients, name: str) -> Properties:
    """AWS::Logs::LogGroup."""
    held = of("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    names = {"LogGroupName": "logGroupName", "RetentionInDays": "retentionInDays", "KmsKeyId": "kmsKeyId"}
    return {ours: held.get(theirs) for ours, theirs in names.items()}


def security_group(of: Clients, group: str) -> Properties:
    """AWS::EC2::SecurityGroup."""
    held = of("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    egress = [
        {**one, "CidrIp": span["CidrIp"], "Description": span.get("Description")}
        for one in held["IpPermissionsEgress"]
        for span in one["IpRanges"]
    ]
    return {"GroupDescription": held["Description"], "VpcId": held["VpcId"], "SecurityGroupEgress": egress}


def vpc(of: Clients, name: str) -> Properties:
    """AWS::EC2::VPC."""
    held = of("ec2").describe_vpcs(VpcIds=[name])["Vpcs"][0]
    switches = {"EnableDnsHostnames": "enableDnsHostnames", "EnableDnsSupport": "enableDnsSupport"}
    read = of("ec2").describe_vpc_attribute
    return {
        **held,
        **{ours: read(VpcId=name, Attribute=theirs)[ours]["Value"] for ours, theirs in switches.items()},
    }


def subnet(of: Clients, name: str) -> Properties:
    """AWS::EC2::Subnet."""
    held: Properties = of("ec2").describe_subnets(SubnetIds=[name])["Subnets"][0]
    return held


def endpoint(of: Clients, name: str) -> Properties:
    """AWS::EC2::VPCEndpoint."""
    held: Properties = of("ec2").describe_vpc_endpoints(VpcEndpointIds=[name])["VpcEndpoints"][0]
    return held


READERS: Mapping[str, Callable[[Clients, str], Properties]] = {
    "AWS::SQS::Queue": queue,
    "AWS::DynamoDB::Table": table,
    "AWS::S3::Bucket": bucket,
    "AWS::KMS::Key": key,
    "AWS::IAM::Role": role,
    "AWS::IAM::ManagedPolicy": policy,
    "AWS::SNS::Topic": topic,
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::Scheduler::Schedule": schedule,
    "AWS::Events::Rule": rule,
    "AWS::SSM::Parameter": parameter,
    "AWS::Logs::LogGroup": log_group,
    "AWS::EC2::SecurityGroup": security_group,
    "AWS::EC2::VPC": vpc,
    "AWS::EC2::Subnet": subnet,
    "AWS::EC2::VPCEndpoint": endpoint,
}

"""Task roles can do what the code calls and nothing else, evaluated offline by another's implementation of IAM."""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from tests.deploy.rendering import ACCOUNT, REGION, render, settings_of, wanted

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".venv" / "tools"
LAKE = "arn:aws:s3:::data-storage-msp-prod"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:avesa/prod/tenants/acme-AbCdEf"
KEY = settings_of("prod")["/avesa/prod/key-arn"]
TABLES = tuple(settings_of("prod")["/avesa/prod/table-arns"].split(","))


def queue(name):
    """A queue's ARN."""
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


PULLS, PUBLISHES = "avesa-connectwise-ingestion-prod", "avesa-canonical-transform-tickets-prod"
BOTH = (PULLS, PUBLISHES)
QUEUE_CALLS = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "SendMessage", "GetQueueUrl")
STATE_CALLS = ("GetItem", "Query", "PutItem", "DeleteItem", "ConditionCheckItem")

MAY = [
    *((role, f"sqs:{call}", queue(role)) for role in BOTH for call in (*QUEUE_CALLS, "GetQueueAttributes")),
    *((role, "sqs:SendMessage", queue(role.replace("-prod", "-dlq-prod"))) for role in BOTH),
    *((role, f"dynamodb:{call}", table) for role in BOTH for call in STATE_CALLS for table in TABLES),
    *((role, "s3:ListBucket", LAKE) for role in BOTH),
    *((role, "s3:GetObject", f"{LAKE}/acme/raw/connectwise/x.parquet") for role in BOTH),
    (PULLS, "s3:PutObject", f"{LAKE}/acme/raw/connectwise/x.parquet"),
    (PULLS, "s3:AbortMultipartUpload", f"{LAKE}/acme/raw/connectwise/x.parquet"),
    (PULLS, "secretsmanager:GetSecretValue", SECRET),
    (PULLS, "secretsmanager:PutSecretValue", SECRET),
    (PUBLISHES, "s3:GetObject", f"{LAKE}/acme/canonical/tickets/x.parquet"),
    (PUBLISHES, "s3:PutObject", f"{LAKE}/acme/canonical/tickets/_delta_log/1.json"),
    (PUBLISHES, "s3:DeleteObject", f"{LAKE}/acme/canonical/tickets/x.parquet"),
    *((role, "kms:GenerateDataKey", KEY) for role in BOTH),
    *((role, "ecs:UpdateTaskProtection", f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/avesa-prod/0a1b2c") for role in BOTH),
]
MAY_NOT = [
    (PULLS, "sqs:ReceiveMessage", queue(PUBLISHES)),
    (PULLS, "sqs:ReceiveMessage", queue("avesa-connectwise-ingestion-dlq-prod")),
    *((role, "sqs:PurgeQueue", queue(role)) for role in BOTH),
    *((role, "sqs:SetQueueAttributes", queue(role)) for role in BOTH),
    *((role, call, TABLES[0]) for role in BOTH for call in ("dynamodb:Scan", "dynamodb:DeleteTable")),
    *((role, "dynamodb:GetItem", f"{TABLES[0]}-dev") for role in BOTH),
    (PULLS, "s3:PutObject", f"{LAKE}/acme/canonical/tickets/x.parquet"),
    (PULLS, "s3:GetObject", f"{LAKE}/acme/canonical/tickets/x.parquet"),
    (PUBLISHES, "s3:PutObject", f"{LAKE}/acme/raw/connectwise/x.parquet"),
    *((role, "s3:DeleteObject", f"{LAKE}/acme/raw/connectwise/x.parquet") for role in BOTH),
    *((role, "s3:DeleteObjectVersion", f"{LAKE}/acme/canonical/tickets/x.parquet") for role in BOTH),
    *((role, "s3:GetObject", "arn:aws:s3:::data-storage-msp-dev/acme/raw/x.parquet") for role in BOTH),
    (PUBLISHES, "secretsmanager:GetSecretValue", SECRET),
    *((PULLS, f"secretsmanager:{call}", SECRET) for call in ("CreateSecret", "DeleteSecret")),
    (PUBLISHES, "secretsmanager:PutSecretValue", SECRET),
    (PULLS, "secretsmanager:GetSecretValue", SECRET.replace("/prod/", "/dev/")),
    *((role, "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin") for role in BOTH),
    *((role, "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin") for role in BOTH),
    *((role, "kms:ScheduleKeyDeletion", KEY) for role in BOTH),
]


RIGHTS = {
    "abort_multipart_upload": "s3:AbortMultipartUpload",
    "change_message_visibility": "sqs:ChangeMessageVisibility",
    "complete_multipart_upload": "s3:PutObject",
    "create_multipart_upload": "s3:PutObject",
    "delete_item": "dynamodb:DeleteItem",
    "delete_message": "sqs:DeleteMessage",
    "delete_objects": "s3:DeleteObject",
    "get_item": "dynamodb:GetItem",
    "get_object": "s3:GetObject",
    "get_queue_attributes": "sqs:GetQueueAttributes",
    "get_queue_url": "sqs:GetQueueUrl",
    "get_secret_value": "secretsmanager:GetSecretValue",
    "list_objects_v2": "s3:ListBucket",
    "put_item": "dynamodb:PutItem",
    "put_object": "s3:PutObject",
    "put_secret_value": "secretsmanager:PutSecretValue",
    "query": "dynamodb:Query",
    "receive_message": "sqs:ReceiveMessage",
    "send_message": "sqs:SendMessage",
    "send_message_batch": "sqs:SendMessage",
    "transact_write_items": "dynamodb:PutItem",
    "upload_part": "s3:PutObject",
}
"""The right that each call of an edge needs."""
OPERATORS_ONLY = {"change_message_visibility_batch", "create_secret"}
"""Calls that only commands make, with the rights of whoever gives them."""


def test_every_call_of_an_edge_is_among_those_tried():
    """A call that an edge begins to make must be weighed here, and granted by the template, before it ships."""
    edges = "".join(path.read_text() for path in (ROOT / "services/avesa/edges/aws").glob("*.py"))
    called = set(re.findall(r"_client\.([a-z_]+[a-z2])\b", edges)) | set(re.findall(r'get_paginator\("(\w+)"', edges))
    granted = {action for _, action, _ in MAY}
    assert called - {"get_paginator", "put"} == RIGHTS.keys() | OPERATORS_ONLY
    assert {RIGHTS[call] for call in called & RIGHTS.keys()} <= granted


@cache
def policy(role):
    """The policy of a task role; the ARNs of its own queues are filled in."""
    own = {"Queue": queue(role), "DeadLetters": queue(role.replace("-prod", "-dlq-prod"))}
    stack = next(stack for stack in wanted("prod") if stack.name == role)
    document = render(stack)["Resources"]["TaskPolicy"]["Properties"]["PolicyDocument"]
    for statement in document["Statement"]:
        if isinstance(statement["Resource"], dict):
            statement["Resource"] = own[statement["Resource"]["Fn::GetAtt"][0]]
    return document


def simulation(role, action, resource):
    """One request as the evaluator takes it."""
    context = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"} if action.startswith("kms:") else {}
    return {
        "request": {
            "principal": f"arn:aws:iam::{ACCOUNT}:role/{role}",
            "action": action,
            "resource": {"resource": resource, "accountId": ACCOUNT},
            "contextVariables": context,
        },
        "identityPolicies": [{"name": role, "policy": policy(role)}],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        "resourcePolicy": trusting(resource) if action.startswith("kms:") else None,
    }


def trusting(resource):
    """The key's policy leaves the decision to the account's policies."""
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    allow = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [allow]}


@pytest.mark.parametrize(
    ("requests", "outcomes"), [(MAY, {"Allowed"}), (MAY_NOT, {"ImplicitlyDenied", "ExplicitlyDenied"})]
)
def test_task_roles_can_do_what_the_code_calls_and_nothing_else(requests, outcomes):
    """Its own queue, the state, its half of the lake, credentials for ingestion only; no rights over rights."""
    if not (TOOLS / "node_modules" / "@cloud-copilot").exists() or not shutil.which("node"):
        pytest.skip("the IAM evaluator is not installed: tests/deploy/tools.sh does")
    asked = [simulation(*request) for request in requests]
    command = ["node", str(Path(__file__).parent / "simulate.mjs"), str(TOOLS)]
    said = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)  # noqa: S603  pinned
    wrong = [
        (*asked, found) for asked, found in zip(requests, json.loads(said.stdout), strict=True) if found not in outcomes
    ]
    assert not wrong

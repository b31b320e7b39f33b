"""CloudFormation change sets, by boto3: a deployment waits for minutes and needs no event loop."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from avesa.core.stacks import Stack
from avesa.errors import StoreUnavailable, UsageError

if TYPE_CHECKING:
    from types_boto3_cloudformation.client import CloudFormationClient

_CHANGE_SET = "avesa"
"""One name: what an interrupted run left unexecuted is replaced by the next."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
"""Seconds between two looks: short at first, an emulator is quick."""


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that a change set touches; `replaces` means that the old one goes."""

    action: str
    resource: str
    kind: str
    replaces: bool


class Account:
    """One AWS account and region, as far as deployments need it."""

    def __init__(self, region: str, endpoint_url: str | None, pause: Callable[[float], None] = time.sleep) -> None:
        config = Config(retries={"mode": "standard", "max_attempts": 8})
        given: Any = {"region_name": region, "endpoint_url": endpoint_url, "config": config}
        self._stacks: CloudFormationClient = boto3.client("cloudformation", **given)
        self._sts = boto3.client("sts", **given)
        self._pause = pause

    def id(self) -> str:
        """The account's number, as the credentials say."""
        with _answers():
            return self._sts.get_caller_identity()["Account"]

    def propose(self, stack: Stack) -> list[Change] | None:
        """Make a change set and tell what it changes; None when nothing would."""
        with _answers():
            status = self._settled(stack.name)
            if status in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"}:
                raise UsageError(
                    f"The first deployment of {stack.name} failed ({status}); delete that stack, then repeat."
                )
            new = status in {None, "REVIEW_IN_PROGRESS"}
            self.withdraw(stack)
            self._stacks.create_change_set(
                StackName=stack.name,
                ChangeSetName=_CHANGE_SET,
                ChangeSetType="CREATE" if new else "UPDATE",
                TemplateBody=stack.template,
                Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in stack.parameters.items()],
                Tags=[{"Key": k, "Value": v} for k, v in stack.tags.items()],
                Capabilities=["CAPABILITY_NAMED_IAM"],
            )
            return self._proposed(stack)

    def withdraw(self, stack: Stack) -> None:
        """Drop a change set that was not executed."""
        with _answers(missing=("ChangeSetNotFound", "ValidationError")):
            self._stacks.delete_change_set(StackName=stack.name, ChangeSetName=_CHANGE_SET)

    def apply(self, stack: Stack) -> str | None:
        """Execute the change set and wait; the reason of the first failure, None when all went well."""
        with _answers():
            seen = {event["EventId"] for event in self._events(stack.name)}
            self._stacks.execute_change_set(StackName=stack.name, ChangeSetName=_CHANGE_SET)
            status = self._settled(stack.name, executed=True)
            if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
                if stack.protected:
                    self._stacks.update_termination_protection(StackName=stack.name, EnableTerminationProtection=True)
                return None
            return self._first_failure(stack.name, seen) or f"it ended as {status}"

    def _proposed(self, stack: Stack) -> list[Change] | None:
        found = self._stacks.describe_change_set(StackName=stack.name, ChangeSetName=_CHANGE_SET)
        pauses = _pauses()
        while found["Status"] not in {"CREATE_COMPLETE", "FAILED"}:
            self._pause(next(pauses))
            found = self._stacks.describe_change_set(StackName=stack.name, ChangeSetName=_CHANGE_SET)
        reason = found.get("StatusReason", "")
        if found["Status"] == "FAILED" and ("didn't contain changes" in reason or "No updates" in reason):
            self.withdraw(stack)
            return None
        if found["Status"] == "FAILED":
            raise UsageError(f"CloudFormation does not take {stack.name}: {reason}")
        return [_change(entry["ResourceChange"]) for entry in found["Changes"]] or None

    def _settled(self, name: str, *, executed: bool = False) -> str | None:
        """Wait until nothing is in progress, also what an earlier run began."""
        pauses = _pauses()
        status = self._status(name)
        while status and status.endswith("_IN_PROGRESS") and (executed or status != "REVIEW_IN_PROGRESS"):
            self._pause(next(pauses))
            status = self._status(name)
        return status

    def _status(self, name: str) -> str | None:
        try:
            return self._stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def _events(self, name: str) -> list[Any]:
        pages = self._stacks.get_paginator("describe_stack_events").paginate(StackName=name)
        return [event for page in pages for event in page["StackEvents"]]

    def _first_failure(self, name: str, seen: set[str]) -> str | None:
        for event in reversed(self._events(name)):
            if event["EventId"] not in seen and event["ResourceStatus"].endswith("_FAILED"):
                return (
                    f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
                )
        return None


def _change(found: Any) -> Change:
    replaces = found.get("Replacement") in {"True", "Conditional"} or found["Action"] == "Remove"
    return Change(found["Action"], found["LogicalResourceId"], found["ResourceType"], replaces)


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 1.5, _LONGEST_PAUSE)


@contextmanager
def _answers(missing: tuple[str, ...] = ()) -> Iterator[None]:
    """Turn what AWS refuses into a sentence."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in missing:
            raise UsageError(f"AWS refuses: {error}") from None
    except BotoCoreError as error:
        raise StoreUnavailable(f"AWS does not answer: {error}") from None

"""Deploy an environment: change sets in order, shown, asked for, applied, reported.

Stopping it is safe at any point: what CloudFormation has begun it ends by itself, and the same
command waits for that and goes on.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from avesa.core.stacks import Stack
from avesa.edges.cloudformation import Change
from avesa.errors import UsageError


class Account(Protocol):
    """What a deployment needs of an AWS account."""

    def id(self) -> str:
        """The account's number."""

    def propose(self, stack: Stack) -> list[Change] | None:
        """Make a change set; None when nothing would change."""

    def withdraw(self, stack: Stack) -> None:
        """Drop the change set."""

    def apply(self, stack: Stack) -> str | None:
        """Execute the change set; why it failed, or None."""


Approve = Callable[[Stack, Sequence[Change]], bool]
Tell = Callable[[str], None]


def deploy(account: Account, expected: str, stacks: Iterable[Stack], approve: Approve, tell: Tell) -> None:
    """Bring every stack to what it should be; UsageError at the first that does not get there."""
    actual = account.id()
    if actual != expected:
        raise UsageError(f"The credentials are of account {actual}; this environment's account is {expected}.")
    for stack in stacks:
        _bring(account, stack, approve, tell)


def _bring(account: Account, stack: Stack, approve: Approve, tell: Tell) -> None:
    changes = account.propose(stack)
    if changes is None:
        tell(f"{stack.name}: as it should be")
        return
    if not _approved(account, stack, changes, approve):
        raise UsageError(f"{stack.name} was left as it is; nothing after it was looked at.")
    tell(f"{stack.name}: {len(changes)} changes, applying …")
    if reason := account.apply(stack):
        raise UsageError(f"{stack.name} was rolled back, since {reason}")
    tell(f"{stack.name}: done")


def _approved(account: Account, stack: Stack, changes: Sequence[Change], approve: Approve) -> bool:
    approved = False
    try:
        approved = approve(stack, changes)
    finally:
        if not approved:
            account.withdraw(stack)
    return approved

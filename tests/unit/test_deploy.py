"""What `avesa deploy` does with an account, tried on one in memory."""

import pytest

from avesa.core.stacks import Stack
from avesa.deploy import deploy
from avesa.edges.cloudformation import Change
from avesa.errors import UsageError

STACKS = tuple(Stack(name, "", {}, {}, protected=False) for name in ("data", "cluster", "worker"))
CHANGE = Change("Add", "Queue", "AWS::SQS::Queue", replaces=False)


class Account:
    """An account in which some stacks would change and some fail."""

    def __init__(self, *changing, failing=()):
        self.changing, self.failing = set(changing), set(failing)
        self.log = []

    def id(self):
        """A number as accounts have it."""
        return "111122223333"

    def propose(self, stack):
        """One change, where there is any."""
        self.log.append(f"propose {stack.name}")
        return [CHANGE] if stack.name in self.changing else None

    def withdraw(self, stack):
        """Remember it."""
        self.log.append(f"withdraw {stack.name}")

    def apply(self, stack):
        """Fail where told to."""
        self.log.append(f"apply {stack.name}")
        return "Queue (AWS::SQS::Queue): no" if stack.name in self.failing else None


def test_stacks_are_brought_in_order_and_only_what_changes_is_asked_for():
    """A stack that is as it should be is not touched."""
    account, asked, said = Account("data", "worker"), [], []
    deploy(
        account, account.id(), STACKS, lambda stack, changes: asked.append((stack.name, changes)) or True, said.append
    )
    assert account.log == ["propose data", "apply data", "propose cluster", "propose worker", "apply worker"]
    assert asked == [("data", [CHANGE]), ("worker", [CHANGE])]
    assert "cluster: as it should be" in said


def test_another_account_is_refused_before_anything_is_looked_at():
    """Production's templates never reach the account of development."""
    account = Account("data")
    with pytest.raises(UsageError, match="of account 111122223333; this environment's account is 999900001111"):
        deploy(account, "999900001111", STACKS, lambda *_: True, print)
    assert account.log == []


def test_no_means_no_and_leaves_no_change_set():
    """After a no, the change set is gone and later stacks are not looked at."""
    account = Account("data", "cluster")
    with pytest.raises(UsageError, match="data was left as it is"):
        deploy(account, account.id(), STACKS, lambda *_: False, print)
    assert account.log == ["propose data", "withdraw data"]


def test_an_interrupted_question_leaves_no_change_set():
    """Ctrl-C at the question is a no."""

    def interrupt(*_):
        raise KeyboardInterrupt

    account = Account("data")
    with pytest.raises(KeyboardInterrupt):
        deploy(account, account.id(), STACKS, interrupt, print)
    assert account.log == ["propose data", "withdraw data"]


def test_the_first_failure_stops_and_says_why():
    """What comes after a failed stack is not tried on top of it."""
    account = Account("data", "cluster", failing=["data"])
    with pytest.raises(UsageError, match=r"data was rolled back, since Queue \(AWS::SQS::Queue\): no"):
        deploy(account, account.id(), STACKS, lambda *_: True, print)
    assert account.log == ["propose data", "apply data"]

"""Everything that can go wrong, grouped by what then happens to the message.

    AvesaError
    ├── RetryLater            comes back after `seconds`; does not count as an attempt
    │   ├── SlowDown          the source said so (429, quota): the whole credential waits
    │   ├── BudgetSpent       no request left in the credential's budget for now
    │   └── Busy              another worker holds the lease
    ├── Retry                 goes back to the queue; after the last attempt, dead letter
    │   ├── SourceUnavailable network, 5xx, cut or foreign body
    │   ├── Conflict          somebody else wrote first
    │   ├── StoreUnavailable  state, queue, lake or secrets did not answer
    │   └── OutOfSpace        scratch disk or memory of the task is full
    ├── Split                 the window is too much for one answer: halve it
    ├── Unproven              rows came, completeness could not be shown: the window is partial
    ├── SignedOut             the session ended: sign in once more, then replay
    ├── LeaseLost             another worker has this now: drop what was done
    ├── Park                  credential or rights: the tenant's source stands still until resumed
    ├── Reject                never going to work: dead letter at once
    │   ├── BadMessage        not ours, or of an unknown version
    │   ├── BadMapping        a mapping file is wrong; names file and line
    │   ├── BadRecord         one record cannot be read
    │   └── BrokenKey         two rows of one key in a result: nothing is published
    └── UsageError            the command cannot be done as asked

The text of an error is one clear sentence and a next step. It never holds a secret.
"""


class AvesaError(Exception):
    """Something avesa can name; its text is meant for people."""


class RetryLater(AvesaError):
    """Come back after a delay; this attempt does not count."""

    def __init__(self, message: str, seconds: float = 30.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class SlowDown(RetryLater):
    """The source asked everyone on this credential to wait."""


class BudgetSpent(RetryLater):
    """The credential's budget has no request left for now."""


class Busy(RetryLater):
    """Another worker holds the lease."""


class Retry(AvesaError):
    """A passing fault; the message goes back and counts as an attempt."""


class SourceUnavailable(Retry):
    """The source did not answer, or not with what it promises."""


class Conflict(Retry):
    """Somebody else wrote first; read again and decide anew."""


class StoreUnavailable(Retry):
    """State, queue, lake or secrets did not answer."""


class OutOfSpace(Retry):
    """The task's scratch disk or memory is full."""


class Split(AvesaError):
    """The window is too dense or too slow for the source: halve it."""


class Unproven(AvesaError):
    """Rows came, but that they are all of them could not be shown."""


class SignedOut(AvesaError):
    """The session ended; sign in once more and replay."""


class LeaseLost(AvesaError):
    """Another worker has this now."""


class Park(AvesaError):
    """The tenant's source stands still until somebody mends credential or rights."""


class Reject(AvesaError):
    """Never going to work; dead letter at once."""


class BadMessage(Reject):
    """The message is not one of ours, or of a version this worker does not know."""


class BadMapping(Reject):
    """A mapping file is wrong."""


class BadRecord(Reject):
    """A record cannot be read."""


class BrokenKey(Reject):
    """A result holds two rows of one key."""


class UsageError(AvesaError):
    """The command cannot be done as asked."""

"""A queue in SQS, and what this process holds of it.

A receipt that has expired may still settle a message in SQS, so a queue is never a lock: this edge counts
the time itself and reports what has run out as lost, and the ledger fences the rest.
"""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from avesa.core.messages import group_of
from avesa.edges.aws.dead_letters import DeadLetters
from avesa.edges.aws.errors import answering, code
from avesa.errors import LeaseLost, StoreUnavailable
from avesa.ports import Delivery, Depth

_MOST = 10
_LONGEST_POLL, _LONGEST_DELAY, _LONGEST_HOLD = 20, 900, 12 * 3600
_MOMENT = 30.0
_PAUSES = (0.2, 0.5, 1.0, 2.0)
_GONE = {"MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue", "InvalidIdFormat"}
_GONE |= {f"AWS.SimpleQueueService.{name}" for name in _GONE}
_COUNTS = tuple(f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed"))


class SqsQueue:
    """One queue with its dead-letter queue."""

    def __init__(self, client: Any, name: str, queue: str, dead: DeadLetters, *, visibility: float) -> None:
        self.name = name
        self._client = client
        self._queue = queue
        self._dead = dead
        self._visibility = math.ceil(visibility)
        self._url = ""
        self._held: dict[str, float] = {}
        self._delayed_until = 0.0

    async def send(self, bodies: Sequence[tuple[str, bytes]], delay: float = 0) -> None:
        """Send in batches; entries that SQS did not take are sent again, and StoreUnavailable if it never does."""
        seconds = min(math.ceil(delay), _LONGEST_DELAY)
        if 0 < seconds <= _MOMENT:
            self._delayed_until = time.monotonic() + seconds + 1
        waiting = iter(bodies)
        while batch := list(islice(waiting, _MOST)):
            await self._send_all([_entry(at, group, body, seconds) for at, (group, body) in enumerate(batch)])

    async def receive(self, most: int, wait: float) -> list[Delivery]:
        """Poll for at least a second: a poll that does not wait asks only some of the servers."""
        with answering("sqs", f"Queue {self._queue}"):
            answer = await self._client.receive_message(
                QueueUrl=await self._address(),
                MaxNumberOfMessages=min(most, _MOST),
                WaitTimeSeconds=min(max(1, math.ceil(wait)), _LONGEST_POLL),
                VisibilityTimeout=self._visibility,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
        return [self._delivery(message) for message in answer.get("Messages", ())]

    async def extend(self, delivery: Delivery, seconds: float) -> None:
        """Hide it for longer, or give it back; LeaseLost once its time is over."""
        if self._held.get(delivery.receipt, math.inf) <= time.monotonic():
            raise self._lost(delivery)
        hidden = min(math.ceil(seconds), _LONGEST_HOLD)
        with answering("sqs", f"Queue {self._queue}"):
            try:
                await self._client.change_message_visibility(
                    QueueUrl=await self._address(), ReceiptHandle=delivery.receipt, VisibilityTimeout=hidden
                )
            except ClientError as error:
                if code(error) in _GONE:
                    raise self._lost(delivery) from None
                raise
        self._held[delivery.receipt] = time.monotonic() + hidden

    async def delete(self, delivery: Delivery) -> None:
        """Remove it; a receipt that SQS no longer knows has nothing left to remove."""
        self._held.pop(delivery.receipt, None)
        with answering("sqs", f"Queue {self._queue}"):
            try:
                await self._client.delete_message(QueueUrl=await self._address(), ReceiptHandle=delivery.receipt)
            except ClientError as error:
                if code(error) not in _GONE:
                    raise

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Send it to the dead-letter queue, then remove it: a crash between the two leaves it twice, never lost."""
        await self._dead.add(delivery, group_of(delivery.body), reason)
        await self.delete(delivery)

    async def depth(self) -> Depth:
        """Count, as far as SQS knows; what this process delayed for a moment still waits."""
        counts = await self._counts()
        soon = counts[2] if time.monotonic() < self._delayed_until else 0
        return Depth(counts[0] + soon, counts[1], await self._dead.count())

    async def dead(self, most: int = 100) -> list[Delivery]:
        """Look at dead letters."""
        return await self._dead.look(most)

    async def redrive(self, ids: Sequence[str]) -> int:
        """Send dead letters again."""

        async def again(delivery: Delivery) -> None:
            await self.send([(group_of(delivery.body), delivery.body)])

        return await self._dead.take(ids, again)

    async def discard(self, ids: Sequence[str]) -> int:
        """Remove dead letters."""
        return await self._dead.take(ids)

    async def _send_all(self, entries: Sequence[Mapping[str, Any]]) -> None:
        for pause in (*_PAUSES, None):
            with answering("sqs", f"Queue {self._queue}"):
                answer = await self._client.send_message_batch(QueueUrl=await self._address(), Entries=entries)
            failed = {failure["Id"]: failure["Code"] for failure in answer.get("Failed", ())}
            entries = [entry for entry in entries if entry["Id"] in failed]
            if not entries:
                return
            if pause is not None:
                await asyncio.sleep(pause)
        codes = ", ".join(sorted(set(failed.values())))
        raise StoreUnavailable(f"Queue {self._queue} did not take {len(entries)} messages ({codes}).")

    async def _counts(self) -> tuple[int, ...]:
        with answering("sqs", f"Queue {self._queue}"):
            answer = await self._client.get_queue_attributes(
                QueueUrl=await self._address(), AttributeNames=list(_COUNTS)
            )
        return tuple(int(answer["Attributes"][name]) for name in _COUNTS)

    async def _address(self) -> str:
        if not self._url:
            self._url = (await self._client.get_queue_url(QueueName=self._queue))["QueueUrl"]
        return self._url

    def _delivery(self, message: Mapping[str, Any]) -> Delivery:
        receipt = message["ReceiptHandle"]
        self._held[receipt] = time.monotonic() + self._visibility
        attempts = int(message["Attributes"]["ApproximateReceiveCount"])
        return Delivery(message["MessageId"], message["Body"].encode(), receipt, attempts)

    def _lost(self, delivery: Delivery) -> LeaseLost:
        self._held.pop(delivery.receipt, None)
        return LeaseLost(f"A message of {self.name} was held for too long and may be with another worker now.")


def _entry(at: int, group: str, body: bytes, delay: int) -> dict[str, Any]:
    return {"Id": str(at), "MessageBody": body.decode(), "MessageGroupId": group, "DelaySeconds": delay}

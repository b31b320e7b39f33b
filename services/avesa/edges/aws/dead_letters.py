"""The dead-letter queue in SQS: a message, and beside it why it is there."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

from avesa.edges.aws.errors import answering
from avesa.ports import Delivery

_MOST = 10
_HELD = 60
_LONGEST_REASON = 1000
_UNREADABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UNSETTLED = "It was received again and again and never settled: the worker itself ended each time."


class DeadLetters:
    """What could not be done; `queue` is where it came from."""

    def __init__(self, client: Any, name: str, queue: str) -> None:
        self._client = client
        self._name = name
        self._queue = queue
        self._url = ""

    async def add(self, delivery: Delivery, group: str, reason: str) -> None:
        """Keep a message with the reason."""
        written = _UNREADABLE.sub("?", reason)[:_LONGEST_REASON] or "no reason given"
        with answering("sqs", f"Queue {self._name}"):
            await self._client.send_message(
                QueueUrl=await self._address(),
                MessageBody=delivery.body.decode(),
                MessageGroupId=group,
                MessageAttributes={
                    "reason": {"DataType": "String", "StringValue": written},
                    "attempts": {"DataType": "Number", "StringValue": str(delivery.attempts)},
                },
            )

    async def count(self) -> int:
        """How many there are, looked at or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        with answering("sqs", f"Queue {self._name}"):
            answer = await self._client.get_queue_attributes(QueueUrl=await self._address(), AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    async def look(self, most: int) -> list[Delivery]:
        """Show up to `most` and let all of them go again."""
        seen: list[Delivery] = []
        held: dict[str, Delivery] = {}
        try:
            async for delivery in self._walk(held):
                seen.append(delivery)
                if len(seen) == most:
                    break
        finally:
            await self._release(list(held.values()))
        return seen

    async def take(self, ids: Sequence[str], use: Callable[[Delivery], Awaitable[None]] | None = None) -> int:
        """Use and remove the letters named, or all; the others are let go again. Tells how many were taken."""
        held: dict[str, Delivery] = {}
        taken = 0
        try:
            async for delivery in self._walk(held):
                if ids and delivery.id not in ids:
                    continue
                if use is not None:
                    await use(delivery)
                await self._remove(held.pop(delivery.id))
                taken += 1
                if taken == len(ids):
                    break
        finally:
            await self._release(list(held.values()))
        return taken

    async def _walk(self, held: dict[str, Delivery]) -> AsyncIterator[Delivery]:
        """Receive each letter once, until none comes that was not seen before; `held` has all that were received."""
        seen: set[str] = set()
        while True:
            received = {delivery.id: delivery for delivery in await self._receive()}
            held.update(received)
            if received.keys() <= seen:
                return
            for id_ in received.keys() - seen:
                seen.add(id_)
                yield received[id_]

    async def _receive(self) -> list[Delivery]:
        with answering("sqs", f"Queue {self._name}"):
            answer = await self._client.receive_message(
                QueueUrl=await self._address(),
                MaxNumberOfMessages=_MOST,
                WaitTimeSeconds=1,
                VisibilityTimeout=_HELD,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
        return [_letter(message) for message in answer.get("Messages", ())]

    async def _remove(self, delivery: Delivery) -> None:
        with answering("sqs", f"Queue {self._name}"):
            await self._client.delete_message(QueueUrl=await self._address(), ReceiptHandle=delivery.receipt)

    async def _release(self, deliveries: Sequence[Delivery]) -> None:
        """Make letters visible again; one that this does not reach is visible after a minute anyway."""
        for start in range(0, len(deliveries), _MOST):
            entries = [
                {"Id": str(at), "ReceiptHandle": delivery.receipt, "VisibilityTimeout": 0}
                for at, delivery in enumerate(deliveries[start : start + _MOST])
            ]
            with answering("sqs", f"Queue {self._name}"):
                await self._client.change_message_visibility_batch(QueueUrl=await self._address(), Entries=entries)

    async def _address(self) -> str:
        if not self._url:
            self._url = (await self._client.get_queue_url(QueueName=self._name))["QueueUrl"]
        return self._url


def _letter(message: Mapping[str, Any]) -> Delivery:
    attributes = message.get("MessageAttributes", {})
    reason = attributes.get("reason", {}).get("StringValue", _UNSETTLED)
    attempts = int(attributes.get("attempts", {}).get("StringValue", message["Attributes"]["ApproximateReceiveCount"]))
    return Delivery(message["MessageId"], message["Body"].encode(), message["ReceiptHandle"], attempts, reason)

"""The worker loop: one message, one outcome.

    done          → deleted
    RetryLater    → sent again with a delay, then deleted: waiting does not use up attempts
    Retry         → given back with a growing delay; after `attempts` receives, dead letter
    Reject, Park  → dead letter at once, with the reason
    LeaseLost     → left alone: another worker has it
    anything else → as Retry, and logged as a mistake of ours

On SIGTERM or SIGINT nothing more is received; what runs has `grace` seconds to finish and
is given back after that.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from avesa.core.messages import Message, parse
from avesa.errors import AvesaError, BadMessage, LeaseLost, Park, Reject, RetryLater, StoreUnavailable
from avesa.events import Listener, MessageSettled
from avesa.health import Pulse
from avesa.heartbeat import beating
from avesa.log import bound, logger
from avesa.ports import Delivery, Queue
from avesa.settings import Settings

Handle = Callable[[Message], Awaitable[None]]

POLL = 20.0
IDLE_POLL = 0.2
"""Seconds a receive waits: the longest there is, or hardly, when the worker is to stop once idle."""
LONGEST_DELAY = 900.0
"""The longest delay that SQS knows, in seconds."""


@dataclass(eq=False)
class _Worker:
    queue: Queue
    handle: Handle
    settings: Settings
    listen: Listener
    until_idle: bool
    pulse: Pulse
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    running: int = 0

    async def slot(self) -> None:
        """Receive and settle until told to stop, or until there is nothing left to do."""
        while not self.stop.is_set():
            self.pulse.beat()
            received = await self.receive()
            for delivery in received:
                self.running += 1
                try:
                    await self.settle(delivery)
                finally:
                    self.running -= 1
            if not received and self.until_idle and await self.idle():
                return

    async def receive(self) -> list[Delivery]:
        """Take one message; a queue that does not answer is asked again after a pause."""
        try:
            return await self.queue.receive(1, IDLE_POLL if self.until_idle else POLL)
        except StoreUnavailable as error:
            if self.until_idle:
                raise
            logger().warning("queue does not answer", action="receive", reason=str(error))
            await asyncio.sleep(POLL / 4)
            return []

    async def idle(self) -> bool:
        """Whether nothing waits and nobody works; what another process holds is waited for."""
        depth = await self.queue.depth()
        return not self.running and not depth.waiting and not depth.working

    async def settle(self, delivery: Delivery) -> None:
        """Bring one message to its outcome."""
        began = time.monotonic()
        message: Message | None = None
        try:
            message = parse(delivery.body)
            with bound(message, delivery, self.queue.name):
                async with beating(lambda: self._hold(delivery), self.settings.visibility / 3):
                    await self.handle(message)
                outcome, reason = await self._done(delivery)
        except asyncio.CancelledError:
            await asyncio.shield(self.queue.extend(delivery, 0))
            raise
        except Exception as error:  # noqa: BLE001  the one place: whatever goes wrong ends in an outcome
            outcome, reason = await self._fail(delivery, error)
        kind = "unknown" if message is None else type(message).__name__.lower()
        tenant = "" if message is None else str(getattr(message, "tenant", ""))
        self.listen(
            MessageSettled(
                queue=self.queue.name, kind=kind, tenant=tenant, outcome=outcome, reason=reason,
                seconds=time.monotonic() - began,
            )
        )  # fmt: skip

    async def _hold(self, delivery: Delivery) -> None:
        self.pulse.beat()
        await self.queue.extend(delivery, self.settings.visibility)

    async def _done(self, delivery: Delivery) -> tuple[str, str]:
        await self.queue.delete(delivery)
        return "done", ""

    async def _fail(self, delivery: Delivery, error: Exception) -> tuple[str, str]:
        match error:
            case LeaseLost():
                return "lost", str(error)
            case RetryLater():
                group = _group(delivery)
                await self.queue.send([(group, delivery.body)], delay=min(error.seconds, LONGEST_DELAY))
                await self.queue.delete(delivery)
                return "later", str(error)
            case Reject() | Park():
                return await self._bury(delivery, str(error))
            case _:
                return await self._again(delivery, error)

    async def _again(self, delivery: Delivery, error: Exception) -> tuple[str, str]:
        reason = _reason(error)
        logger().warning("message failed", action="fail", reason=reason, attempts=delivery.attempts, exc_info=error)
        if delivery.attempts >= self.settings.attempts:
            return await self._bury(delivery, f"{reason} (after {delivery.attempts} attempts)")
        try:
            await self.queue.extend(delivery, min(2.0**delivery.attempts, LONGEST_DELAY))
        except LeaseLost:
            return "lost", reason
        return "again", reason

    async def _bury(self, delivery: Delivery, reason: str) -> tuple[str, str]:
        logger().error("message buried", action="bury", reason=reason)
        await self.queue.bury(delivery, reason)
        return "buried", reason


async def run(queue: Queue, handle: Handle, *, settings: Settings, listen: Listener, until_idle: bool = False) -> None:
    """Work on a queue until stopped, or until it is idle; KeyboardInterrupt after a Ctrl-C."""
    worker = _Worker(queue, handle, settings, listen, until_idle, Pulse(settings.scratch_path))
    asked: list[int] = []
    try:
        async with (
            asyncio.timeout(None) as deadline,
            _signals(worker.stop, deadline, settings.grace, asked),
            asyncio.TaskGroup() as group,
        ):
            for number in range(settings.slots):
                group.create_task(worker.slot(), name=f"{queue.name} slot {number}")
    except TimeoutError:
        logger().warning("grace period over; running work was given back", action="stop")
    if signal.SIGINT in asked:
        raise KeyboardInterrupt


@asynccontextmanager
async def _signals(
    stop: asyncio.Event, deadline: asyncio.Timeout, grace: float, asked: list[int]
) -> AsyncIterator[None]:
    """Let SIGTERM and SIGINT begin the drain; a second one ends the grace at once."""
    loop = asyncio.get_running_loop()

    def begin(sign: int) -> None:
        deadline.reschedule(loop.time() + (0 if asked else grace))
        asked.append(sign)
        stop.set()

    before = {sign: signal.getsignal(sign) for sign in (signal.SIGTERM, signal.SIGINT)}
    for sign in before:
        loop.add_signal_handler(sign, begin, sign)
    try:
        yield
    finally:
        for sign, handler in before.items():
            loop.remove_signal_handler(sign)
            signal.signal(sign, handler)


def _group(delivery: Delivery) -> str:
    try:
        return parse(delivery.body).group
    except BadMessage:
        return "all"


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, AvesaError) else f"{type(error).__name__}: {error}"

"""The worker loop: one message, one outcome.

    done          → deleted
    RetryLater    → sent again with a delay, then deleted: waiting does not use up attempts
    Retry         → given back with a growing delay; after `attempts` receives, dead letter
    Reject, Park  → dead letter at once, with the reason; so is UsageError
    LeaseLost     → left alone: another worker has it
    anything else → as Retry, and logged as a mistake of ours

On SIGTERM or SIGINT nothing more is received; what runs has `grace` seconds to finish and
is given back after that. Where there is a guard, work begins only once it holds, and it is
let go when nothing runs.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from avesa.core.messages import Message, group_of, parse
from avesa.errors import AvesaError, LeaseLost, Park, Reject, RetryLater, StoreUnavailable, UsageError
from avesa.events import Listener, MessageSettled
from avesa.health import Pulse
from avesa.heartbeat import beating
from avesa.log import bound, logger
from avesa.ports import Delivery, Guard, Queue
from avesa.settings import Settings

Handle = Callable[[Message], Awaitable[None]]

POLL = 20.0
"""Seconds a receive waits for a message: the longest that SQS knows."""
IDLE_POLL = 0.05
"""Seconds between looks while others finish and the worker is to stop once idle."""
LONGEST_DELAY = 900.0
"""The longest delay that SQS knows, in seconds."""


@dataclass(eq=False)
class _Worker:
    queue: Queue
    handle: Handle
    settings: Settings
    listen: Listener
    until_idle: bool
    guard: Guard | None
    pulse: Pulse
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    running: int = 0

    async def slot(self) -> None:
        """Receive and settle until told to stop, or until there is nothing left to do."""
        while not self.stop.is_set():
            self.pulse.beat()
            received = await self.receive()
            for delivery in received:
                await self.take(delivery)
            if not received and self.until_idle:
                if await self.idle():
                    return
                await asyncio.sleep(IDLE_POLL)

    async def take(self, delivery: Delivery) -> None:
        """Settle one message under guard; it is given back where the guard does not hold or we are to stop."""
        self.running += 1
        try:
            if self.stop.is_set() or not await self._guarded():
                await self._give_back(delivery)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.stop.wait(), POLL)
            else:
                await self.settle(delivery)
        finally:
            self.running -= 1
            if self.guard is not None and not self.running:
                await self.guard.release()

    async def receive(self) -> list[Delivery]:
        """Take one message; a queue that does not answer is asked again after a pause."""
        try:
            return await self.queue.receive(1, 0 if self.until_idle else POLL)
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
            await asyncio.shield(self._give_back(delivery))
            raise
        except Exception as error:  # noqa: BLE001  the one place: whatever goes wrong ends in an outcome
            outcome, reason = await self._failed(delivery, error)
        kind = "unknown" if message is None else type(message).__name__.lower()
        tenant = "" if message is None else str(getattr(message, "tenant", ""))
        self.listen(
            MessageSettled(
                queue=self.queue.name, kind=kind, tenant=tenant, outcome=outcome, reason=reason,
                seconds=time.monotonic() - began,
            )
        )  # fmt: skip

    async def _guarded(self) -> bool:
        return self.guard is None or await self.guard.hold()

    async def _hold(self, delivery: Delivery) -> None:
        self.pulse.beat()
        await self._guarded()
        await self.queue.extend(delivery, self.settings.visibility)

    async def _give_back(self, delivery: Delivery) -> None:
        """Show it to others at once; where that fails, its time runs out by itself."""
        with suppress(LeaseLost, StoreUnavailable):
            await self.queue.extend(delivery, 0)

    async def _done(self, delivery: Delivery) -> tuple[str, str]:
        await self.queue.delete(delivery)
        return "done", ""

    async def _failed(self, delivery: Delivery, error: Exception) -> tuple[str, str]:
        """Settle a failure; when the queue does not take even that, the message comes back by itself."""
        try:
            return await self._fail(delivery, error)
        except StoreUnavailable as second:
            logger().warning("message could not be settled", action="settle", reason=str(second))
            return "lost", f"{_reason(error)} {second}"

    async def _fail(self, delivery: Delivery, error: Exception) -> tuple[str, str]:
        match error:
            case LeaseLost():
                return "lost", str(error)
            case RetryLater():
                await self.queue.send(
                    [(group_of(delivery.body), delivery.body)], delay=min(error.seconds, LONGEST_DELAY)
                )
                await self.queue.delete(delivery)
                return "later", str(error)
            case Reject() | Park() | UsageError():
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


async def run(
    queue: Queue, handle: Handle, *,
    settings: Settings, listen: Listener, until_idle: bool = False, guard: Guard | None = None,
) -> None:  # fmt: skip
    """Work on a queue until stopped, or until it is idle; KeyboardInterrupt after a Ctrl-C."""
    worker = _Worker(queue, handle, settings, listen, until_idle, guard, Pulse(settings.scratch_path))
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


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, AvesaError) else f"{type(error).__name__}: {error}"

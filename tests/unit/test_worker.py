"""One message, one outcome: whatever a handler does, nothing vanishes and nothing is done twice for nothing (P5)."""

import asyncio
import os
import signal
from dataclasses import dataclass, field

import pytest

from avesa import worker
from avesa.core.messages import Plan
from avesa.edges.embedded import open_home
from avesa.errors import (
    BrokenKey,
    BudgetSpent,
    Busy,
    LeaseLost,
    OutOfSpace,
    Park,
    SlowDown,
    SourceUnavailable,
    StoreUnavailable,
)  # fmt: skip
from avesa.ports import Depth
from avesa.settings import Settings

MESSAGE = Plan(tenant="acme", source="connectwise")


@dataclass
class Bench:
    """A worker on a queue, and what became of its messages."""

    queue: object
    settings: Settings
    settled: list = field(default_factory=list)
    guard: object = None

    async def send(self, body=None, times=1):
        """Put messages on the queue."""
        await self.queue.send([("acme", body or MESSAGE.encode())] * times)

    async def work(self, handle):
        """Work until idle and tell the outcomes."""
        self.settled.clear()
        await worker.run(
            self.queue, handle, settings=self.settings, listen=self.settled.append, until_idle=True, guard=self.guard
        )
        return [event.outcome for event in self.settled]


@pytest.fixture
def bench(tmp_path, clock):
    """A bench over the embedded queue, whose clock stands still."""
    settings = Settings(home=tmp_path, slots=4, attempts=3, visibility=30)
    return Bench(open_home(settings, clock).queue("bench"), settings)


def raising(error):
    """A handler that fails."""

    async def handle(_):
        raise error

    return handle


async def test_work_that_is_done_is_deleted(bench):
    """And reported with its kind and tenant."""
    seen = []

    async def handle(message):
        seen.append(message)

    await bench.send()
    assert await bench.work(handle) == ["done"]
    assert seen == [MESSAGE]
    assert (bench.settled[0].kind, bench.settled[0].tenant, bench.settled[0].queue) == ("plan", "acme", "bench")
    assert await bench.queue.depth() == Depth(0, 0, 0)


@pytest.mark.parametrize("error", [SlowDown("Wait.", 600), BudgetSpent("None left.", 600), Busy("Held.", 600)])
async def test_waiting_uses_up_no_attempt(bench, clock, error):
    """RetryLater goes to the end of the queue with a delay, however often, and is never a dead letter."""
    await bench.send()
    for _ in range(bench.settings.attempts + 2):
        assert await bench.work(raising(error)) == ["later"]
        assert await bench.work(raising(error)) == []
        clock.forward(600)
    (delivery,) = await bench.queue.receive(1, 0)
    assert (delivery.attempts, delivery.body) == (1, MESSAGE.encode())


@pytest.mark.parametrize("error", [SourceUnavailable("Cut."), StoreUnavailable("Gone."), OutOfSpace("Full.")])
async def test_a_passing_fault_is_tried_again_and_then_a_dead_letter(bench, clock, error):
    """Retry gives the message back with a growing pause; the last attempt buries it with the reason."""
    await bench.send()
    outcomes = []
    for _ in range(3):
        outcomes += await once(bench, error)
        clock.forward(60)
    assert outcomes == ["again", "again", "buried"]
    (letter,) = await bench.queue.dead()
    assert letter.reason == f"{error} (after 3 attempts)"


@pytest.mark.parametrize("error", [BrokenKey("Two rows of one key."), Park("Refused.")])
async def test_what_will_never_work_is_a_dead_letter_at_once(bench, error):
    """Reject and Park do not come back by themselves."""
    await bench.send()
    assert await bench.work(raising(error)) == ["buried"]
    (letter,) = await bench.queue.dead()
    assert (letter.reason, letter.attempts) == (str(error), 1)


@pytest.mark.parametrize("body", [b"", b"{", b'{"kind":"plan","v":9}', b"\xff", b"x" * 100_000])
async def test_what_is_no_message_of_ours_is_a_dead_letter_with_a_sentence(bench, body):
    """And the next message is worked on."""
    await bench.queue.send([("acme", body), ("globex", MESSAGE.encode())])
    assert sorted(await bench.work(nothing)) == ["buried", "done"]
    (letter,) = await bench.queue.dead()
    assert len(letter.reason) > 20


async def test_a_mistake_of_ours_ends_with_its_name(bench, clock):
    """An exception nobody thought of is retried, and its dead letter says what it was."""
    await bench.send()
    for _ in range(3):
        await once(bench, ZeroDivisionError("division by zero"))
        clock.forward(60)
    (letter,) = await bench.queue.dead()
    assert letter.reason == "ZeroDivisionError: division by zero (after 3 attempts)"


async def test_what_another_worker_has_is_left_alone(bench, clock):
    """LeaseLost neither deletes nor buries: the other one settles it, or its time runs out."""
    await bench.send()
    assert await once(bench, LeaseLost("Another has it.")) == ["lost"]
    assert await bench.queue.depth() == Depth(0, 1, 0)
    clock.forward(31)
    assert await bench.work(nothing) == ["done"]


async def test_a_tenant_that_fails_does_not_stop_the_others(bench):
    """Each message has its own outcome."""

    async def handle(message):
        if message.tenant == "broken":
            raise BrokenKey("Two rows of one key.")

    for tenant in ("acme", "broken", "globex"):
        await bench.send(Plan(tenant=tenant, source="connectwise").encode())
    assert sorted(await bench.work(handle)) == ["buried", "done", "done"]


async def test_idle_waits_for_what_another_process_holds(bench):
    """A scheduled task does not stop while work may still come back to it."""
    await bench.send()
    (held,) = await bench.queue.receive(1, 0)
    running = asyncio.create_task(bench.work(nothing))
    await asyncio.sleep(0.3)
    assert not running.done()
    await bench.queue.extend(held, 0)
    assert await running == ["done"]


async def test_no_more_run_at_once_than_there_are_slots(bench):
    """P7: nothing is received that no slot is free for."""
    at_once, most = 0, 0

    async def handle(_):
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1

    await bench.send(times=9)
    assert await bench.work(handle) == ["done"] * 9
    assert most == 4


async def test_a_heartbeat_keeps_the_message_while_work_goes_on(bench, clock):
    """Work may take longer than the visibility timeout; nobody else gets the message meanwhile."""
    short = Bench(bench.queue, bench.settings.model_copy(update={"visibility": 0.6}), bench.settled)

    async def handle(_):
        clock.forward(29.5)
        await asyncio.sleep(0.5)
        clock.forward(0.5)
        assert await bench.queue.receive(1, 0) == []

    await bench.send()
    assert await short.work(handle) == ["done"]


async def test_a_queue_that_fails_while_settling_leaves_the_message(bench, clock):
    """P5: the worker lives, and the message comes back by itself."""

    class Deaf:
        def __getattr__(self, name):
            return getattr(bench.queue, name)

        async def bury(self, *_):
            raise StoreUnavailable("The queue does not answer.")

    await bench.send()
    deaf = Bench(Deaf(), bench.settings)
    running = asyncio.create_task(deaf.work(raising(BrokenKey("Two rows of one key."))))
    await until(lambda: deaf.settled)
    assert [event.outcome for event in deaf.settled] == ["lost"]
    running.cancel()
    await asyncio.wait([running])
    clock.forward(31)
    assert (await bench.queue.receive(1, 0))[0].attempts == 2


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_lets_running_work_finish_and_receives_no_more(bench, sign):
    """The drain: what runs is done, what waits stays on the queue."""
    bench.settings = bench.settings.model_copy(update={"slots": 1})

    async def handle(_):
        os.kill(os.getpid(), sign)
        await asyncio.sleep(0.2)

    await bench.send(times=3)
    if sign is signal.SIGINT:
        with pytest.raises(KeyboardInterrupt):
            await bench.work(handle)
    else:
        await bench.work(handle)
    assert [event.outcome for event in bench.settled] == ["done"]
    assert await bench.queue.depth() == Depth(2, 0, 0)


async def test_after_the_grace_period_work_is_given_back(bench):
    """Another worker has it at once, not after the visibility timeout."""
    bench.settings = bench.settings.model_copy(update={"slots": 1, "grace": 0.1})

    async def handle(_):
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(60)

    await bench.send()
    assert await bench.work(handle) == []
    (delivery,) = await bench.queue.receive(1, 0)
    assert delivery.attempts == 2


@dataclass
class Gate:
    """A guard that is asked and let go; it refuses while `closed`."""

    closed: bool = False
    calls: list = field(default_factory=list)

    async def hold(self):
        """Answer as told."""
        self.calls.append("hold")
        return not self.closed

    async def release(self):
        """Remember."""
        self.calls.append("release")


async def test_work_begins_under_guard_and_ends_it(bench):
    """ECS does not stop a task that works, and may stop it afterwards."""
    bench.guard = Gate()

    async def handle(_):
        assert bench.guard.calls == ["hold"]

    await bench.send()
    assert await bench.work(handle) == ["done"]
    assert bench.guard.calls == ["hold", "release"]


async def test_without_guard_there_is_no_work(bench, monkeypatch):
    """A task that ECS is about to stop gives the message back and waits."""
    monkeypatch.setattr(worker, "POLL", 60)
    bench.guard = Gate(closed=True)
    await bench.send()
    running = asyncio.create_task(bench.work(nothing))
    await until(lambda: bench.guard.calls)
    await asyncio.sleep(0.1)
    assert bench.settled == []
    os.kill(os.getpid(), signal.SIGTERM)
    await running
    assert await bench.queue.depth() == Depth(1, 0, 0)


async def until(true):
    """Let the others run until something is so."""
    while not true():  # noqa: ASYNC110  what is waited for has no event of its own
        await asyncio.sleep(0.01)


async def nothing(_):
    """A handler that is done at once."""


async def once(bench, error):
    """Work on one message once: the worker is stopped when it has settled it."""
    bench.settled.clear()

    def listen(event):
        bench.settled.append(event)
        os.kill(os.getpid(), signal.SIGTERM)

    one_slot = bench.settings.model_copy(update={"slots": 1})
    await worker.run(bench.queue, raising(error), settings=one_slot, listen=listen, until_idle=True)
    return [event.outcome for event in bench.settled]

"""What processes do that race for one state file; a module of its own, so that they can import it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from avesa.edges.embedded import open_home
from avesa.errors import Conflict
from avesa.ports import Key, Put
from avesa.settings import Settings

COUNTER = Key("Windows", "race", "counter")


def now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


def claim(home: str, items: int) -> int:
    """Try to make each of some items and tell how many this process won."""
    return asyncio.run(_claim(open_home(Settings(home=Path(home)), now).store, items))


def count(home: str, times: int) -> None:
    """Add one to a counter, so many times."""
    asyncio.run(_count(open_home(Settings(home=Path(home)), now).store, times))


def take(home: str, most: int) -> list[str]:
    """Receive and delete until the queue is empty; tell which messages this process had."""
    return asyncio.run(_take(open_home(Settings(home=Path(home)), now).queue("race"), most))


async def _claim(store, items):
    won = 0
    for at in range(items):
        try:
            await store.commit([Put(Key("Windows", "race", f"{at}"), {}, 0)])
            won += 1
        except Conflict:
            continue
    return won


async def _count(store, times):
    while times:
        item = await store.get(COUNTER)
        try:
            await store.commit([Put(COUNTER, {"is": item.body["is"] + 1}, item.version)])
            times -= 1
        except Conflict:
            continue


async def _take(queue, most):
    had = []
    while received := await queue.receive(most, 0):
        for delivery in received:
            had.append(delivery.id)
            await queue.delete(delivery)
    return had

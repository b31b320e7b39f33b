"""Keeping hold of something while work goes on: a message, a claim, a lease."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from avesa.errors import LeaseLost, Retry


@asynccontextmanager
async def beating(renew: Callable[[], Awaitable[None]], every: float) -> AsyncIterator[None]:
    """Call `renew` every so many seconds until the block ends.

    When `renew` finds the hold lost, the block is cancelled and LeaseLost raised in its place.
    A renewal that fails for another passing reason is tried again at the next beat: the hold
    outlasts three of them.
    """
    owner = asyncio.current_task()
    lost: list[LeaseLost] = []

    async def beat() -> None:
        while True:
            await asyncio.sleep(every)
            try:
                await renew()
            except LeaseLost as error:
                lost.append(error)
                if owner is not None:
                    owner.cancel()
                return
            except Retry:
                continue

    heart = asyncio.create_task(beat(), name="heartbeat")
    try:
        yield
    except asyncio.CancelledError:
        if not lost:
            raise
        if owner is not None:
            owner.uncancel()
        raise lost[0] from None
    finally:
        heart.cancel()
        await asyncio.wait([heart])

"""The command line in a process that ends itself: `killed.py before|after TARGET N ARGUMENT…`.

TARGET is `module:name` or `module:Class.name`; the process gets SIGKILL before or after its N-th call.
"""

import importlib
import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from avesa.__main__ import main


def die() -> None:
    """End as a power cut does: no handler, no cleanup."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(when: str, target: str, number: int) -> None:
    """Put the trap in place of the target."""
    module, _, path = target.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for step in owners:
        owner = getattr(owner, step)
    call = getattr(owner, name)
    trap = _asynchronous if inspect.iscoroutinefunction(call) else _plain
    setattr(owner, name, trap(call, when, number, count(1)))


def _asynchronous(call: Callable[..., Any], when: str, number: int, calls: Iterator[int]) -> Callable[..., Any]:
    async def trapped(*args: Any, **named: Any) -> Any:
        last = next(calls) == number
        if last and when == "before":
            die()
        result = await call(*args, **named)
        if last:
            die()
        return result

    return trapped


def _plain(call: Callable[..., Any], when: str, number: int, calls: Iterator[int]) -> Callable[..., Any]:
    def trapped(*args: Any, **named: Any) -> Any:
        last = next(calls) == number
        if last and when == "before":
            die()
        result = call(*args, **named)
        if last:
            die()
        return result

    return trapped


if __name__ == "__main__":
    arm(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    sys.argv = ["avesa", *sys.argv[4:]]
    main()

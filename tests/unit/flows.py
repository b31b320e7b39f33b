"""Plays a dialect's flow against scripted or computed answers."""

import json
from collections.abc import Callable, Generator
from typing import Any

from avesa.sources.dialect import Response


def play(flow: Generator[Any, Any, Any], *answers: Any) -> tuple[list[Any], Any]:
    """Send the answers in turn; return what the flow asked for and its result, which must come with the last one."""
    left = list(answers)
    steps, result = against(flow, lambda _: left.pop(0))
    assert not left, f"{len(left)} answers were not asked for"
    return steps, result


def against(flow: Generator[Any, Any, Any], answer: Callable[[Any], Any]) -> tuple[list[Any], Any]:
    """Let a function answer every step; return the steps and the result."""
    steps: list[Any] = []
    reply = None
    while True:
        try:
            step = flow.send(reply)
        except StopIteration as end:
            return steps, end.value
        steps.append(step)
        reply = answer(step)


def reply(body: Any = b"", status: int = 200, **headers: str) -> Response:
    """An answer; anything but bytes goes as JSON, underscores in header names stand for dashes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)

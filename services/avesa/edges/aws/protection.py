"""ECS task protection: a task that works is not chosen when a service scales in or deploys.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from avesa.log import logger

MINUTES = 10
"""How long a protection lasts that is not renewed: a task that hangs can be stopped after that."""

_RENEW_AFTER = 180.0


class TaskProtection:
    """The protection of this task, asked of its ECS agent."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._renew_at = 0.0
        self._turn = asyncio.Lock()

    async def hold(self) -> bool:
        """Protect this task, or go on protecting it; False when ECS refuses or does not answer."""
        async with self._turn:
            if time.monotonic() < self._renew_at:
                return True
            held = await self._set({"ProtectionEnabled": True, "ExpiresInMinutes": MINUTES})
            self._renew_at = time.monotonic() + _RENEW_AFTER if held else 0.0
            return held

    async def release(self) -> None:
        """Let ECS stop this task; where that fails, the protection runs out by itself."""
        async with self._turn:
            if self._renew_at:
                self._renew_at = 0.0
                await self._set({"ProtectionEnabled": False})

    async def _set(self, wanted: dict[str, bool | int]) -> bool:
        try:
            answer = await self._client.put("/task-protection/v1/state", json=wanted)
            answered = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            return _refused(f"the ECS agent did not answer ({type(error).__name__})")
        if answer.is_success and answered.get("protection", {}).get("ProtectionEnabled") == wanted["ProtectionEnabled"]:
            return True
        failure = answered.get("failure") or answered.get("error") or {}
        return _refused(f"ECS refused: {failure.get('Reason') or failure.get('Code') or answer.status_code}")


@asynccontextmanager
async def protection(agent_uri: str | None) -> AsyncIterator[TaskProtection | None]:
    """The protection of the task this runs in; None where it is not one."""
    if agent_uri is None:
        yield None
        return
    async with httpx.AsyncClient(base_url=agent_uri, timeout=10, trust_env=False) as client:
        guard = TaskProtection(client)
        try:
            yield guard
        finally:
            await guard.release()


def _refused(reason: str) -> bool:
    logger().warning("task is not protected", action="protect", reason=reason)
    return False

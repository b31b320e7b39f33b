"""Alive or not, by a file that the worker touches: no port, no call to anybody.

ECS runs `avesa health` in the container; a loop that hangs stops touching the file.
"""

import time
from dataclasses import dataclass
from pathlib import Path

STALE_AFTER = 300.0
"""Seconds without a sign of life; a long poll, a message's renewal and progress all give one."""

_FILE = "heartbeat"


class Pulse:
    """The sign of life of this process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / _FILE

    def beat(self) -> None:
        """Say that it lives."""
        self._file.touch()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it lives, and why we think so."""

    fine: bool
    reason: str


def healthy(folder: Path) -> Verdict:
    """Look at the sign of life in a scratch folder."""
    try:
        age = time.time() - (folder / _FILE).stat().st_mtime
    except FileNotFoundError:
        return Verdict(False, f"No worker has started here: {folder / _FILE} is not there.")
    if age > STALE_AFTER:
        return Verdict(False, f"The worker gave no sign of life for {age:.0f} s.")
    return Verdict(True, f"The worker gave a sign of life {age:.0f} s ago.")

"""Progress of a long job: a bar per entity and table on a terminal, plain lines elsewhere."""

import sys
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from avesa.events import (
    Event,
    MessageSettled,
    PagePulled,
    ServiceParked,
    TableMerged,
    WindowCounted,
    WindowLanded,
    WindowsPlanned,
    WindowSplit,
    WindowStopped,
)  # fmt: skip


@dataclass
class Pulled:
    """What one tenant's one entity has come to in this run."""

    planned: int = 0
    done: int = 0
    counted: int = 0
    rows: int = 0
    landed: int = 0
    hidden: int = 0
    requests: int = 0


@dataclass
class Tally:
    """Everything that happened in a run, for its last lines; also a listener without a screen."""

    pulled: dict[tuple[str, str, str], Pulled] = field(default_factory=dict)
    merged: list[TableMerged] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def __call__(self, event: Event) -> None:
        """Count an event."""
        match event:
            case WindowsPlanned():
                self._of(event).planned += event.windows
            case WindowSplit():
                self._of(event).planned += 1
            case WindowCounted():
                self._of(event).counted += event.rows
            case PagePulled():
                self._of(event).rows += event.rows
            case WindowLanded():
                self._of(event).done += 1
                self._of(event).landed += event.landed
                self._of(event).hidden += event.hidden
            case WindowStopped():
                self._of(event).done += 1
                what = f"{event.tenant}/{event.source} {event.entity} {event.window} {event.state}"
                self._trouble(what, event.reason)
            case ServiceParked():
                self._trouble(f"{event.tenant}/{event.source} is parked", event.reason)
            case TableMerged():
                self.merged.append(event)
            case MessageSettled(outcome="buried"):
                self._trouble(f"{event.queue}: a message of {event.tenant or 'nobody'} is dead", event.reason)
            case _:
                pass

    @property
    def seconds(self) -> float:
        """How long the run took so far."""
        return time.monotonic() - self.began

    @property
    def landed(self) -> int:
        """Rows proven in the lake."""
        return sum(pulled.landed for pulled in self.pulled.values())

    @property
    def rows(self) -> int:
        """Rows pulled, proven or not yet."""
        return sum(pulled.rows for pulled in self.pulled.values())

    def _trouble(self, what: str, reason: str) -> None:
        """Keep a reason once: a window that failed, its parked service and its dead message all have the same."""
        if not any(reason.partition(" (after ")[0] in trouble for trouble in self.troubles):
            self.troubles.append(f"{what}: {reason}")

    def _of(self, event: Any) -> Pulled:
        return self.pulled.setdefault((event.tenant, event.source, event.entity), Pulled())


class Screen:
    """Shows a tally while a job runs; on no terminal it is silent."""

    def __init__(self, tally: Tally, *, shown: bool = True) -> None:
        self._tally = tally
        self._shown = shown and sys.stderr.isatty()
        self._bars: dict[tuple[str, str, str], Any] = {}
        self._progress: Any = None

    def __enter__(self) -> Self:
        if self._shown:
            self._progress = _bars()
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Draw what changed."""
        if self._progress is None:
            return
        match event:
            case WindowsPlanned() | PagePulled() | WindowLanded() | WindowSplit() | WindowStopped():
                self._draw(event.tenant, event.source, event.entity)
            case TableMerged():
                self._progress.console.print(
                    f"[green]✓[/] {event.tenant} {event.table}: {event.inserted:,} new, {event.updated:,} changed, "
                    f"{event.quarantined:,} quarantined, {event.seconds:.1f} s"
                )
            case ServiceParked():
                self._progress.console.print(f"[red]✗[/] {event.tenant}/{event.source} is parked: {event.reason}")
            case _:
                pass

    def _draw(self, tenant: str, source: str, entity: str) -> None:
        pulled = self._tally.pulled[tenant, source, entity]
        key = (tenant, source, entity)
        if key not in self._bars:
            self._bars[key] = self._progress.add_task(f"{tenant} {source} {entity}", total=None, rows="", rate="")
        rate = pulled.rows / max(self._tally.seconds, 0.001)
        self._progress.update(
            self._bars[key], total=max(pulled.planned, pulled.done), completed=pulled.done,
            rows=f"{pulled.rows:,} rows", rate=f"{rate:,.0f}/s",
        )  # fmt: skip


def _bars() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn("windows"),
        TextColumn("{task.fields[rows]}", justify="right"), TextColumn("{task.fields[rate]}", justify="right"),
        TimeRemainingColumn(compact=True), console=Console(stderr=True), transient=True,
    )  # fmt: skip

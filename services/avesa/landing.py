"""Landing a window's pages: cut, checked against the window, written to scratch, put into the lake."""

import asyncio
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from avesa.core.entity import Entity
from avesa.core.ledger import Entry
from avesa.core.names import raw_part
from avesa.core.rows import Rows, splitter
from avesa.edges.csv_pages import CsvLanding, CsvPart
from avesa.edges.raw import RawParts
from avesa.errors import Unproven
from avesa.events import Listener, PagePulled
from avesa.ports import Edges
from avesa.settings import Settings
from avesa.sources.dialect import Landed, Page


@dataclass
class Landing:
    """One pull of one window."""

    entry: Entry
    entity: Entity
    stamp: str
    edges: Edges
    settings: Settings
    listen: Listener
    keys: set[str] = field(default_factory=set)
    count: int = 0
    """Parts in the lake."""

    def __post_init__(self) -> None:
        self._folder = self.settings.scratch_path / f"pull-{self.entry.run}"
        self._raw = RawParts(
            self._folder, self._constants(), self.settings.part_bytes, zoned=self.stamp.endswith(("Z", "0", "z"))
        )
        self._csv = CsvLanding(key=self.entity.key, time=self.entity.time, memory_mb=self.settings.memory_limit_mb)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._csv.__exit__(kind, error, trace)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def landed(self) -> int:
        """Distinct keys that are in the lake."""
        return len(self.keys) + self._csv.distinct

    async def page(self, page: Page) -> Landed:
        """Land one page."""
        if page.csv is not None:
            return await self._csv_page(page.csv)
        rows = splitter(self.entity.key, self.entity.time, page.envelope)(page.body)
        if not len(rows):
            return Landed(0)
        self._check(rows)
        for part in await asyncio.to_thread(self._raw.add, rows, self.edges.clock()):
            await self._put(part)
        self._tell(len(rows), len(page.body))
        return Landed(len(rows), rows.keys[-1], rows.times[-1])

    async def finish(self) -> None:
        """Put what is left into the lake."""
        for part in await asyncio.to_thread(self._raw.finish):
            await self._put(part)
        for done in await self._csv.rest():
            await self._csv_done(done)

    def _check(self, rows: Rows) -> None:
        """Every row lies inside the window asked for: a source that drops the filter is not believed (T7)."""
        window, first, last = self.entry.window, min(rows.times), max(rows.times)
        seconds = self.stamp.partition("%S")[0] + "%S"  # windows are in whole seconds; what follows differs in length
        if not window.start.strftime(seconds) <= first <= last < window.end.strftime(seconds):
            raise Unproven(
                f"{self.entity.source} sent rows of {first} to {last} for the window {window}: it dropped the filter."
            )
        self.keys.update(rows.keys)

    async def _csv_page(self, page: Path) -> Landed:
        constants = {**self._constants(), "pulled_at": self.edges.clock(), "part": self._raw.count}
        part = self._raw.path(self._raw.count)
        self._raw.count += 1
        part.parent.mkdir(parents=True, exist_ok=True)
        done = await self._csv.add(page, part, constants)
        if done is not None:
            await self._csv_done(done)
        return Landed(0)

    async def _csv_done(self, done: CsvPart) -> None:
        window = self.entry.window
        if done.first is not None and done.last is not None and not (done.first in window and done.last in window):
            raise Unproven(f"{self.entity.source} sent rows of {done.first} to {done.last} for the window {window}.")
        self._tell(done.rows, done.path.stat().st_size)
        await self._put(done.path)

    async def _put(self, part: Path) -> None:
        entry = self.entry
        name = raw_part(entry.tenant, entry.source, entry.entity, entry.window, entry.run, int(part.stem))
        await self.edges.lake.put(name, part)
        await asyncio.to_thread(part.unlink)
        self.count += 1

    def _tell(self, rows: int, size: int) -> None:
        entry = self.entry
        self.listen(
            PagePulled(
                tenant=entry.tenant,
                source=entry.source,
                entity=entry.entity,
                window=entry.window,
                rows=rows,
                bytes=size,
            )
        )

    def _constants(self) -> dict[str, object]:
        return {
            "tenant": self.entry.tenant,
            "source": self.entry.source,
            "entity": self.entry.entity,
            "window_start": self.entry.window.start,
            "window_end": self.entry.window.end,
        }

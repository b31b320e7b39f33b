"""Publishing by file-level copy-on-write: only files that hold changed keys are fetched and written anew.

Which files those are is found in key columns alone. They are kept on scratch by file name,
since a data file never changes; so the cost follows what changed and not the table.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from avesa.core.contract import Column
from avesa.core.names import slug
from avesa.core.sql import lit, name, parquet
from avesa.edges import delta
from avesa.edges.duck import Duck
from avesa.ports import Lake
from avesa.settings import Settings

SMALL = 32 << 20
"""A data file below so many bytes takes new rows in; above it they get a file of their own."""
FILE_SIZE = "96MB"
_COPY = "(format parquet, compression zstd, row_group_size 100000)"
CLUSTERED_BY = "created_at_source"


@dataclass(frozen=True, slots=True)
class Target:
    """A table to publish into; `looked_at` are the columns that decide whether a row changes."""

    name: str
    columns: tuple[Column, ...]
    key: str
    looked_at: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)


@dataclass
class Publication:
    """One table's way from a version to the next."""

    target: Target
    duck: Duck
    lake: Lake
    settings: Settings
    rebuild: bool = False
    """Take the table as empty, and drop all its files in the commit."""
    before: delta.Snapshot = delta.NOTHING
    version: int = -1
    added: list[delta.Added] = field(default_factory=list)
    removed: list[delta.File] = field(default_factory=list)

    async def open(self) -> None:
        """Look at the newest version; what follows stands or falls with it."""
        self.before = await asyncio.to_thread(delta.snapshot, self.lake.table(self.target.name), self.target.key)
        self.version = self.before.version

    async def find(self, table: str, touched: str) -> None:
        """Make `table` of the published rows of touched keys: file, key and the columns looked at."""
        there = () if self.rebuild else self.before.files
        files = [file for file in there if await self._may_hold(file, touched)]
        kept = [await self._keys(file) for file in files]
        looked = ", ".join(f"k.{name(column)}" for column in self.target.looked_at)
        key = name(self.target.key)
        source = f"({self._nothing()}) k"
        if kept:
            source = f"read_parquet([{', '.join(map(lit, kept))}], union_by_name = true, filename = true) k"
        await self.duck.run(
            f"create or replace table {table} as "
            f"select parse_filename(k.filename) as file, k.{key} as key, {looked} from {source} "
            f"where k.{key} in (select key from {touched})"
        )

    def _nothing(self) -> str:
        """The columns of a table that has no file yet."""
        columns = ", ".join(f"null::{column.type} as {name(column.name)}" for column in self.target.columns)
        return f"select {columns}, null::varchar as filename where false"

    async def old_rows(self, found: str, changed: str) -> str | None:
        """A scan of the published rows of some changed keys; the files that hold them are on scratch after it."""
        files = await self.touch(found, changed)
        local = [str(await self._fetched(file)) for file in files]
        return (
            f"select * from {parquet(local)} where {name(self.target.key)} in (select key from {changed})"
            if local
            else None
        )

    async def touch(self, found: str, changed: str) -> list[delta.File]:
        """Mark the files that hold changed keys for rewriting, and return them."""
        held = f"select distinct file from {found} where key in (select key from {changed})"
        paths = {row[0] for row in await self.duck.run(held)}
        files = [file for file in self.before.files if file.path in paths]
        self.removed += [file for file in files if file not in self.removed]
        return files

    async def write(self, changed: str, final: str) -> None:
        """Write the touched files anew, and new rows into a small file or their own."""
        if self.rebuild:
            self.removed = list(self.before.files)
        else:
            self.removed += await self._small(final)
            for file in self.removed:
                await self._rewrite(file, changed, final)
        await self._append(final)

    async def commit(self, why: str) -> None:
        """Put the new files into the lake and swap them in."""
        for file in self.added:
            await self.lake.put(f"{self.target.name}/{file.path}", file.local)
        indexed = [c for c in (self.target.key, "updated_at_source", CLUSTERED_BY) if c in self.target.names]
        self.version = await asyncio.to_thread(
            delta.commit, self.lake.table(self.target.name), self.before, delta.schema(self.target.columns),
            added=self.added, removed=self.removed, why=why, indexed=indexed,
        )  # fmt: skip

    async def _may_hold(self, file: delta.File, touched: str) -> bool:
        if file.least is None or file.most is None:
            return True
        sql = f"select exists (select 1 from {touched} where key between ? and ?)"
        return bool(await self.duck.one(sql, [file.least, file.most]))

    async def _keys(self, file: delta.File) -> str:
        """A file's key columns on scratch."""
        kept = self._cache / file.path
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            columns = [self.target.key, *self.target.looked_at]
            await asyncio.to_thread(delta.key_columns, self.lake.table(self.target.name), file, columns, kept)
        return str(kept)

    @property
    def _cache(self) -> Path:
        return self.settings.scratch_path.absolute() / "keys" / slug(self.target.name)

    async def _fetched(self, file: delta.File) -> Path:
        local = self.duck.folder / "old" / file.path
        if not local.exists():
            await self.lake.fetch(f"{self.target.name}/{file.path}", local)
        return local

    async def _small(self, final: str) -> list[delta.File]:
        """The newest small file that is not touched yet, to take new rows in."""
        if not await self.duck.one(f"select exists (select 1 from {final} where _file is null)"):
            return []
        touched = {file.path for file in self.removed}
        small = [file for file in self.before.files if file.size < SMALL]
        chosen = max(small, key=lambda file: (file.path in touched, file.modified), default=None)
        if chosen is None:
            return []
        await self.duck.run(f"update {final} set _file = {lit(chosen.path)} where _file is null")
        return [] if chosen.path in touched else [chosen]

    async def _rewrite(self, file: delta.File, changed: str, final: str) -> None:
        local = await self._fetched(file)
        there = set(await asyncio.to_thread(lambda: pq.read_schema(local).names))
        kept = ", ".join(f"o.{name(column)}" for column in self.target.names if column in there)
        chosen = ", ".join(map(name, self.target.names))
        await self._copy(
            f"select {chosen} from {final} where _file = {lit(file.path)} union all by name "
            f"select {kept} from {parquet([str(local)])} o "
            f"where not exists (select 1 from {changed} c where c.key = o.{name(self.target.key)})"
        )

    async def _copy(self, select: str) -> None:
        path = delta.file_name()
        local = self.duck.folder / "new" / path
        local.parent.mkdir(parents=True, exist_ok=True)
        if await self.duck.one(f"copy ({select}) to {lit(str(local))} {_COPY}"):
            self.added.append(delta.Added(path, local))

    async def _append(self, final: str) -> None:
        """New rows in files of their own, in order of creation, so that what changes together lies together."""
        if not await self.duck.one(f"select exists (select 1 from {final} where _file is null)"):
            return
        folder = self.duck.folder / f"appended-{slug(self.target.name)}"
        order = f" order by {CLUSTERED_BY}" if CLUSTERED_BY in self.target.names else ""
        chosen = ", ".join(map(name, self.target.names))
        await self.duck.run(
            f"copy (select {chosen} from {final} where _file is null{order}) to {lit(str(folder))} "
            f"(format parquet, compression zstd, row_group_size 100000, file_size_bytes '{FILE_SIZE}')"
        )
        self.added += [delta.Added(delta.file_name(), local) for local in await asyncio.to_thread(_filled, folder)]


def _filled(folder: Path) -> Sequence[Path]:
    """Parquet files that hold rows."""
    return [path for path in sorted(folder.glob("*.parquet")) if pq.read_metadata(path).num_rows]

"""Publishing by file-level copy-on-write: only files that hold changed keys are fetched and written anew.

Which files those are is found in key columns alone. They are kept on scratch by file name,
since a data file never changes; so the cost follows what changed and not the table.
"""

import asyncio
import uuid
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from pathlib import Path

from avesa.core.contract import Column
from avesa.core.sql import lit, name, parquet
from avesa.core.sql_merge import listed
from avesa.edges import delta
from avesa.edges.duck import Duck
from avesa.edges.key_cache import KeyCache
from avesa.ports import Lake
from avesa.settings import Settings

SMALL = 32 << 20
"""A data file below so many bytes takes new rows in; above it they get a file of their own."""
FILE_BYTES = 64 << 20
"""What a new data file is aimed at; its size is estimated from the table's rows so far."""
ROW_BYTES = 256
"""A row's size in a table that has none yet."""
_PARQUET = "format parquet, compression zstd, row_group_size 100000, file_size_bytes '128MB'"
CLUSTERED_BY = "created_at_source"
_INDEXED = ("updated_at_source", CLUSTERED_BY, "mapping_version")


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
        """Make `table` of the published rows of the keys in `touched`: file, key and the columns looked at."""
        there = () if self.rebuild else self.before.files
        files = [file for file in there if await self._may_hold(file, touched)]
        cache = KeyCache(self.settings, self.target.name, [self.target.key, *self.target.looked_at])
        address = self.lake.table(self.target.name)
        kept = [str(await asyncio.to_thread(cache.get, address, file)) for file in files]
        key = name(self.target.key)
        source = f"({self._nothing()})"
        if kept:
            source = f"read_parquet([{', '.join(map(lit, kept))}], union_by_name = true, filename = true)"
        await self.duck.run(
            f"create table {table} as "
            f"select parse_filename(k.filename) as file, k.{key} as key, {listed('k', self.target.looked_at)} "
            f"from {source} k where k.{key} in (select key from {touched})"
        )
        await asyncio.to_thread(cache.tidy, self.before.files)

    def _nothing(self) -> str:
        """The columns of a table, with no row."""
        columns = ", ".join(f"null::{column.type} as {name(column.name)}" for column in self.target.columns)
        return f"select {columns}, null::varchar as filename where false"

    async def old_rows(self, table: str, found: str, keys: str) -> None:
        """Make `table` of the published rows of some keys."""
        files = [str(await self._fetched(file)) for file in await self.touch(found, keys)]
        source = self._nothing()
        if files:
            source += f" union all by name select * from {parquet(files)} where {name(self.target.key)} in {keys}"
        await self.duck.run(f"create table {table} as {source}")

    async def touch(self, found: str, keys: str) -> list[delta.File]:
        """Mark the files that hold some keys for rewriting, and return them."""
        rows = await self.duck.run(f"select distinct file from {found} where key in {keys}")
        paths = {row[0] for row in rows}
        files = [file for file in self.before.files if file.path in paths]
        self.removed += [file for file in files if file not in self.removed]
        return files

    async def write(self, changed: str, final: str) -> None:
        """Write the touched files anew, and new rows into a small file or their own.

        `changed` holds the keys whose old rows go, `final` the rows that come, each with the `_file` of its key.
        """
        if self.rebuild:
            self.removed = list(self.before.files)
        new = int(await self.duck.one(f"select count(*) from {final} where _file is null"))
        small = self._small() if new else None
        for file in () if self.rebuild else self.removed:
            if file is not small:
                await self._copy(await self._anew(file, changed, final))
        if new:
            await self._append(new, small, changed, final)

    async def commit(self, why: str) -> None:
        """Put the new files into the lake and swap them in."""
        for file in self.added:
            await self.lake.put(f"{self.target.name}/{file.path}", file.local)
        self.version = await asyncio.to_thread(
            delta.commit, self.lake.table(self.target.name), self.before, delta.schema(self.target.columns),
            added=self.added, removed=self.removed, why=why, whole=self.rebuild,
            indexed=[column for column in (self.target.key, *_INDEXED) if column in self.target.names],
        )  # fmt: skip

    async def _may_hold(self, file: delta.File, touched: str) -> bool:
        if file.least is None or file.most is None:
            return True
        sql = f"select exists (select 1 from {touched} where key between ? and ?)"
        return bool(await self.duck.one(sql, [file.least, file.most]))

    async def _fetched(self, file: delta.File) -> Path:
        local = self.duck.folder / "old" / file.path
        if not local.exists():
            await self.lake.fetch(f"{self.target.name}/{file.path}", local)
        return local

    def _small(self) -> delta.File | None:
        """A small file to take new rows in: one that is written anyway, else the newest."""
        small = [file for file in self.before.files if file.size < SMALL and not self.rebuild]
        return max(small, key=lambda file: (file in self.removed, file.modified), default=None)

    async def _anew(self, file: delta.File, changed: str, final: str) -> str:
        """A touched file's rows as they are to be."""
        local = await self._fetched(file)
        there = await asyncio.to_thread(delta.names, local)
        kept = (column for column in self.target.names if column in there)
        return (
            f"select {listed('f', self.target.names)} from {final} f where _file = {lit(file.path)} union all by name "
            f"select {listed('o', kept)} from {parquet([str(local)])} o "
            f"where not exists (select 1 from {changed} c where c.key = o.{name(self.target.key)})"
        )

    async def _append(self, new: int, small: delta.File | None, changed: str, final: str) -> None:
        """New rows, and a small file's with them, cut by creation so that what changes together lies together."""
        rows = f"select {listed('f', self.target.names)} from {final} f where _file is null"
        if small is not None:
            rows += f" union all by name {await self._anew(small, changed, final)}"
            self.removed += [small] if small not in self.removed else []
        pieces = ceil((new + (small.rows if small else 0)) * self.before.row_bytes(ROW_BYTES) / FILE_BYTES)
        for piece in await self._pieces(pieces, final):
            await self._copy(f"select * from ({rows}) where {piece}")

    async def _pieces(self, wanted: int, final: str) -> list[str]:
        """Conditions that cut new rows into about equal pieces."""
        if wanted < 2 or CLUSTERED_BY not in self.target.names:
            return ["true"]
        shares = f"approx_quantile({CLUSTERED_BY}, {[share / wanted for share in range(1, wanted)]})"
        found = await self.duck.one(f"select {shares} from {final} where _file is null")
        bounds = [f"timestamptz '{bound.isoformat()}'" for bound in sorted(set(found or ()))]
        if not bounds:
            return ["true"]
        middle = [f"{CLUSTERED_BY} >= {low} and {CLUSTERED_BY} < {high}" for low, high in pairwise(bounds)]
        ends = f"{CLUSTERED_BY} < {bounds[0]} or {CLUSTERED_BY} is null", f"{CLUSTERED_BY} >= {bounds[-1]}"
        return [ends[0], *middle, ends[1]]

    async def _copy(self, select: str) -> None:
        """Write rows as data files; more than one if they are larger than was thought."""
        folder = self.duck.folder / "new" / uuid.uuid4().hex
        folder.parent.mkdir(parents=True, exist_ok=True)
        await self.duck.run(f"copy ({select}) to {lit(str(folder))} ({_PARQUET})")
        self.added += await asyncio.to_thread(delta.added, folder)

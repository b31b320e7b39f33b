"""Bulk result pages: CSV files on scratch to raw Parquet parts, by DuckDB and never row by row.

Each row becomes one JSON object; an empty cell is null, every other cell stays text (T19).
A page is parsed on one thread, since a reader that starts in the middle may take lines of a
quoted text for rows; two pages are converted at once while the next one is downloaded.
"""

import asyncio
import csv
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from avesa.errors import OutOfSpace, SourceUnavailable

AT_ONCE = 2
"""Pages converted at the same time; it bounds memory and scratch."""

_BLOCK = 1 << 20
_LONGEST_LINE = 8 << 20
_BUFFER = 16 << 20


@dataclass(frozen=True, slots=True)
class CsvPart:
    """A raw part made of one page; the change times are those of its first and last change."""

    path: Path
    keys: pa.ChunkedArray = field(repr=False)
    first: datetime | None
    last: datetime | None
    nul_bytes: int
    """NUL bytes that were taken out."""

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return len(self.keys)


def land(
    duck: duckdb.DuckDBPyConnection, page: Path, part: Path, *, key: str, time: str, constants: Mapping[str, object]
) -> CsvPart:
    """Write one page as a raw part and remove the page; `constants` are its further columns.

    Raises SourceUnavailable for a page that is cut or has rows without key or time, OutOfSpace where the task is full.
    """
    try:
        nul_bytes = strip_nul(page)
        columns = _header(page)
        if not {key, time} <= set(columns):
            raise SourceUnavailable(f"A bulk page came without its columns {key} and {time}.")
        duck.execute(_copy(columns, key, time, constants), [*constants.values(), str(page), str(part)])
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        raise OutOfSpace(f"A bulk page of {page.stat().st_size} bytes does not fit: {type(error).__name__}.") from None
    except duckdb.Error as error:
        raise SourceUnavailable(f"A bulk page is no whole CSV: {type(error).__name__}.") from None
    finally:
        page.unlink(missing_ok=True)
    return _told(part, nul_bytes)


def _told(part: Path, nul_bytes: int) -> CsvPart:
    """Read back what the window is proven by: the keys, and the first and last change."""
    written = pq.read_table(part, columns=["record_id", "source_updated_at"])
    keys, times = written.columns
    if missing := max(keys.null_count, times.null_count):
        raise SourceUnavailable(f"{missing} rows of a bulk page have no key or no readable change time.")
    span = pc.min_max(times).as_py()
    return CsvPart(part, keys, span["min"], span["max"], nul_bytes)


def strip_nul(page: Path) -> int:
    """Take NUL bytes out of a file and tell how many there were; a file without any is left as it is (T19)."""
    with page.open("rb") as source:
        found = sum(block.count(b"\0") for block in iter(partial(source.read, _BLOCK), b""))
    if not found:
        return 0
    clean = page.with_suffix(".clean")
    with page.open("rb") as source, clean.open("wb") as target:
        for block in iter(partial(source.read, _BLOCK), b""):
            target.write(block.replace(b"\0", b""))
    clean.replace(page)
    return found


def _header(page: Path) -> list[str]:
    """The column names of a whole page; a page that breaks off does not end as a row does."""
    with page.open("rb") as source:
        columns = next(csv.reader([source.readline().decode("utf-8-sig", "replace")]), [])
        source.seek(max(0, page.stat().st_size - 3))
        if not source.read().endswith((b'"\n', b'"\r\n')):
            raise SourceUnavailable("A bulk page breaks off.")
    return columns


def _copy(columns: list[str], key: str, time: str, constants: Mapping[str, object]) -> str:
    """The statement; its parameters are the constants, the page and the part."""
    record = ", ".join(f"{_name(column)} := {_name(column)}" for column in columns)
    types = ", ".join(f"{_text(column)}: 'VARCHAR'" for column in columns)
    fixed = "".join(f", ? as {_name(name)}" for name in constants)
    return f"""
        copy (
            select {_name(key)} as record_id, try_cast({_name(time)} as timestamptz) as source_updated_at,
                cast(to_json(struct_pack({record})) as varchar) as payload{fixed}
            from read_csv(?, columns = {{{types}}}, header = true, auto_detect = false, parallel = false,
                delim = ',', quote = '"', escape = '"', new_line = '\\n', nullstr = '',
                max_line_size = {_LONGEST_LINE}, buffer_size = {_BUFFER})
        ) to ? (format parquet, compression zstd, compression_level 1, row_group_size 20480,
            row_group_size_bytes '32MB', string_dictionary_page_size_limit 1)
    """


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(literal: str) -> str:
    return "'" + literal.replace("'", "''") + "'"


class CsvLanding:
    """Lands a window's pages beside the walk: a page may be added while others are still being converted."""

    def __init__(self, *, key: str, time: str, memory_mb: int) -> None:
        self._memory_mb = memory_mb
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="csv page")
        self._running: list[Future[CsvPart]] = []
        self._keys: list[pa.ChunkedArray] = []
        self._land = partial(land, key=key, time=time)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    @cached_property
    def _duck(self) -> duckdb.DuckDBPyConnection:
        """One engine for all pages, so that its memory is bounded once; most windows never need it."""
        return duckdb.connect(
            config={"threads": 1, "memory_limit": f"{self._memory_mb}MB", "preserve_insertion_order": False}
        )

    async def add(self, page: Path, part: Path, constants: Mapping[str, object]) -> CsvPart | None:
        """Start on a page; returns the part of an earlier one when there are too many at once."""
        self._running.append(self._pool.submit(self._land, self._duck.cursor(), page, part, constants=constants))
        return await self._next() if len(self._running) > AT_ONCE else None

    async def rest(self) -> list[CsvPart]:
        """Wait for the pages that are still being converted."""
        return [await self._next() for _ in range(len(self._running))]

    @property
    def distinct(self) -> int:
        """How many different keys have been landed; the keys are held as columns, some 22 bytes each."""
        if not self._keys:
            return 0
        with self._duck.cursor() as duck:
            keys = pa.chunked_array([chunk for keys in self._keys for chunk in keys.chunks], pa.string())
            duck.register("landed", pa.table({"key": keys}))
            return int(duck.execute("select count(distinct key) from landed").fetchall()[0][0])

    async def _next(self) -> CsvPart:
        part = await asyncio.wrap_future(self._running.pop(0))
        self._keys.append(part.keys)
        return part

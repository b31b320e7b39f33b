"""DuckDB, locked down: it sees one scratch folder and no network, and cannot be told otherwise.

https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
"""

import asyncio
import json
import shutil
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import duckdb

from avesa.core.entity import Entity
from avesa.core.normal import MACROS
from avesa.core.rows import Rows
from avesa.core.sql import lit, mapped
from avesa.errors import BadMapping, OutOfSpace
from avesa.settings import Settings

T = TypeVar("T")

_RECORD = "{record_id: 'VARCHAR', source_updated_at: 'TIMESTAMPTZ', pulled_at: 'TIMESTAMPTZ', payload: 'VARCHAR'}"


class Duck:
    """One connection in a scratch folder of its own, which goes when it closes."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._root = settings.scratch_path.absolute()
        self.folder = self._root / f"{name}-{uuid.uuid4().hex[:12]}"
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise OutOfSpace(f"{self.folder} could not be made ({error.strerror}); is the scratch disk full?") from None
        self._connection = duckdb.connect()
        for statement in _lockdown(self._root, self.folder, self._settings):
            self._connection.execute(statement)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def run(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement in a thread; cancelling it stops DuckDB and waits until it has."""
        return await self._in_thread(lambda connection: connection.execute(sql, values).fetchall())

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        """Run a query; its rows as dicts."""

        def work(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
            result = connection.execute(sql)
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

        return await self._in_thread(work)

    async def one(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """The first value of the first row."""
        return (await self.run(sql, values))[0][0]

    def register(self, name: str, relation: Any) -> None:
        """Make an Arrow dataset or table readable under a name."""
        self._open().register(name, relation)

    async def _in_thread(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        connection = self._open()
        running = asyncio.ensure_future(asyncio.to_thread(_named, work, connection))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            connection.interrupt()
            await asyncio.wait([running])
            raise

    def _open(self) -> duckdb.DuckDBPyConnection:
        assert self._connection is not None, "used outside its with block"  # noqa: S101
        return self._connection


def _lockdown(root: Path, folder: Path, settings: Settings) -> list[str]:
    return [
        f"set memory_limit = '{settings.memory_limit_mb}MiB'",
        f"set threads = {settings.threads}",
        f"set temp_directory = {lit(str(folder / 'spill'))}",
        f"set allowed_directories = [{lit(str(root))}]",
        "set preserve_insertion_order = false",
        "set timezone = 'UTC'",
        *MACROS,
        "set autoinstall_known_extensions = false",
        "set autoload_known_extensions = false",
        "set enable_external_access = false",
        "set lock_configuration = true",
    ]


def _named(work: Callable[[duckdb.DuckDBPyConnection], T], connection: duckdb.DuckDBPyConnection) -> T:
    try:
        return work(connection)
    except duckdb.OutOfMemoryException as error:
        raise OutOfSpace(f"DuckDB needs more memory or scratch disk than it was given: {_short(error)}") from None
    except duckdb.IOException as error:
        raise OutOfSpace(f"DuckDB could not use its scratch disk: {_short(error)}") from None
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise BadMapping(f"DuckDB refuses the statement: {_short(error)}") from None


def _short(error: duckdb.Error) -> str:
    return str(error).split("\n\n")[0].splitlines()[0][:300]


async def map_rows(entity: Entity, pages: Sequence[Rows], most: int, settings: Settings) -> list[dict[str, Any]]:
    """What an entity's SELECT makes of some records."""
    records = [
        {"record_id": key, "source_updated_at": time, "pulled_at": None, "payload": payload.decode()}
        for page in pages
        for key, time, payload in zip(page.keys, page.times, page.payloads, strict=True)
    ][:most]
    with Duck(settings, "preview") as duck:
        file = duck.folder / "records.json"
        await asyncio.to_thread(file.write_text, "\n".join(map(json.dumps, records)), encoding="utf-8")
        scan = f"read_json({lit(str(file))}, format = 'newline_delimited', columns = {_RECORD})"
        return await duck.rows(mapped(entity, scan)) if records else []

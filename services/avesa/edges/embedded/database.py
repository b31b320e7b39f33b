"""One SQLite file for state and queues, safe for several processes."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from avesa.errors import OutOfSpace, StoreUnavailable, UsageError

T = TypeVar("T")

_BUSY_SECONDS = 30.0
_ELSEWHERE = "name a folder that you may write to with --home or AVESA_HOME."
_SCHEMA = """
create table if not exists items (
    tab text not null, part text not null, sort text not null,
    body text not null, version integer not null, expires text,
    primary key (tab, part, sort)
) without rowid;
create table if not exists messages (
    id text primary key, queue text not null, grp text not null, body blob not null,
    visible_at real not null, attempts integer not null default 0, receipt text,
    reason text, dead integer not null default 0
);
create index if not exists messages_due on messages (queue, dead, visible_at);
create table if not exists turns (
    queue text not null, grp text not null, served real not null, primary key (queue, grp)
);
"""


class Database:
    """Transactions on the file, each in a thread; a thread keeps its connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._ready = False

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in one transaction that excludes other writers from its start."""
        return await asyncio.to_thread(self._run, work, "begin immediate")

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on one snapshot."""
        return await asyncio.to_thread(self._run, work, "begin")

    def _run(self, work: Callable[[sqlite3.Connection], T], begin: str) -> T:
        with self._errors():
            connection = self._connection()
            connection.execute(begin)
            try:
                result = work(connection)
                connection.execute("commit")
            finally:
                if connection.in_transaction:
                    connection.execute("rollback")
            return result

    def _connection(self) -> sqlite3.Connection:
        kept: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if kept is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            kept = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            kept.execute("pragma journal_mode = wal")
            kept.execute("pragma synchronous = normal")
            if not self._ready:
                kept.executescript(_SCHEMA)
                self._ready = True
            self._local.connection = kept
        return kept

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "full" in str(error):
                raise OutOfSpace(f"The disk of {self._path} is full; make room and run again.") from None
            if "unable to open" in str(error) or "readonly" in str(error):
                raise UsageError(f"{self._path} could not be opened ({error}); {_ELSEWHERE}") from None
            raise StoreUnavailable(f"{self._path} does not answer ({error}); is another avesa busy with it?") from None
        except sqlite3.DatabaseError as error:
            raise UsageError(
                f"{self._path} is not a readable state file ({error}). Put a copy back, or move it away: "
                "what is in the lake stays, and tenants that are added again are pulled again."
            ) from None
        except OSError as error:
            raise UsageError(f"{self._path} could not be opened ({error.strerror}); {_ELSEWHERE}") from None

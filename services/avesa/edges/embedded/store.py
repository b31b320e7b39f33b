"""The store in SQLite: a commit is one transaction in which every version still holds."""

import json
import sqlite3
from collections.abc import Sequence

from avesa.edges.embedded.database import Database
from avesa.errors import Conflict
from avesa.ports import Change, Delete, Item, Key, Put

_QUERY = "select sort, body, version from items where tab = ? and part = ? and sort >= ? and sort < ? order by sort"
_VERSION = "select version from items where tab = ? and part = ? and sort = ?"
_PUT = "insert or replace into items (tab, part, sort, body, version, expires) values (?, ?, ?, ?, ?, ?)"
_DELETE = "delete from items where tab = ? and part = ? and sort = ?"


class SqliteStore:
    """Items with versions in the state file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: Key) -> Item | None:
        """Read one item."""
        found = await self.query(key.table, key.partition, key.sort)
        return next((item for item in found if item.key == key), None)

    async def query(self, table: str, partition: str, prefix: str = "") -> list[Item]:
        """Every item of a partition whose sort key starts with `prefix`, in order."""

        def work(connection: sqlite3.Connection) -> list[Item]:
            rows = connection.execute(_QUERY, (table, partition, prefix, f"{prefix}\U0010ffff"))
            return [Item(Key(table, partition, sort), json.loads(body), version) for sort, body, version in rows]

        return await self._database.read(work)

    async def commit(self, changes: Sequence[Change]) -> None:
        """Apply all changes or none."""

        def work(connection: sqlite3.Connection) -> None:
            for change in changes:
                _check(connection, change)
            for change in changes:
                _apply(connection, change)

        await self._database.write(work)


def _check(connection: sqlite3.Connection, change: Change) -> None:
    found = connection.execute(_VERSION, _at(change.key)).fetchone()
    if (found[0] if found else 0) != change.version:
        raise Conflict(f"{change.key.table} {change.key.partition} {change.key.sort} was changed by somebody else.")


def _apply(connection: sqlite3.Connection, change: Change) -> None:
    match change:
        case Put(key, body, version, expires):
            until = None if expires is None else expires.isoformat()
            connection.execute(_PUT, (*_at(key), json.dumps(body), version + 1, until))
        case Delete(key, _):
            connection.execute(_DELETE, _at(key))


def _at(key: Key) -> tuple[str, str, str]:
    return key.table, key.partition, key.sort

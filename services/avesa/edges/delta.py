"""Delta tables: what files a version holds, and commits that nobody else's commit came before.

https://github.com/delta-io/delta/blob/master/PROTOCOL.md
"""

import errno
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.fs import DeltaStorageHandler
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from avesa.core.contract import Column
from avesa.errors import BadMapping, Conflict, OutOfSpace, StoreUnavailable
from avesa.ports import TableAddress

TYPES: Mapping[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMPTZ": pa.timestamp("us", "UTC"),
    "DATE": pa.date32(),
    "DECIMAL(18,4)": pa.decimal128(18, 4),
    "VARCHAR[]": pa.list_(pa.string()),
}


@dataclass(frozen=True, slots=True)
class File:
    """A data file of a table's version; `modified` is in milliseconds; `least` and `most` bound its keys."""

    path: str
    size: int
    rows: int
    modified: int
    least: str | None
    most: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version of a table; version -1 is a table that is not there yet."""

    version: int
    files: tuple[File, ...]

    @property
    def rows(self) -> int:
        """Rows in all its files."""
        return sum(file.rows for file in self.files)

    def row_bytes(self, otherwise: int) -> float:
        """What a row takes in its files."""
        return sum(file.size for file in self.files) / self.rows if self.rows else otherwise


NOTHING = Snapshot(-1, ())


@dataclass(frozen=True, slots=True)
class Added:
    """A new data file: its name in the table, and where it is on scratch."""

    path: str
    local: Path


def added(folder: Path) -> list[Added]:
    """The data files of a folder that hold rows, each under a name that no other file has."""
    return [
        Added(f"part-{uuid.uuid4().hex}.parquet", path)
        for path in sorted(folder.glob("*.parquet"))
        if pq.read_metadata(path).num_rows
    ]


def names(file: Path) -> set[str]:
    """The columns of a data file."""
    return set(pq.read_schema(file).names)


def snapshot(address: TableAddress, key: str) -> Snapshot:
    """The newest version of a table."""
    table = _open(address)
    if table is None:
        return NOTHING
    adds = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    files = tuple(
        File(
            add["path"], add["size_bytes"], add.get("num_records") or 0, add["modification_time"],
            add.get(f"min.{key}"), add.get(f"max.{key}"),
        )
        for add in adds
    )  # fmt: skip
    return Snapshot(table.version(), files)


def schema(columns: Sequence[Column]) -> pa.Schema:
    """A contract's columns as a table's schema; comments go along for readers."""
    return pa.schema(
        [pa.field(column.name, TYPES[column.type], metadata={"comment": column.comment}) for column in columns]
    )


def commit(
    address: TableAddress, before: Snapshot, wanted: pa.Schema, *,
    added: Sequence[Added], removed: Sequence[File], why: str, indexed: Sequence[str], whole: bool = False,
) -> int:  # fmt: skip
    """Swap files in one commit right after `before`; Conflict if any other commit came first (P1, P3).

    With `whole`, all files go and columns may change their types. Returns the new version.
    """
    schema, now = Schema.from_arrow(wanted), int(time.time() * 1000)
    adds = [
        AddAction(file.path, file.local.stat().st_size, {}, now, data_change=True, stats=stats(file.local, indexed))
        for file in added
    ]
    drops = (
        [] if whole else [RemoveAction(file.path, True, now, size=file.size, partition_values={}) for file in removed]
    )
    strict = CommitProperties(custom_metadata={"avesa": why}, max_commit_retries=0)
    try:
        if before is NOTHING:
            _create(address, schema, adds, indexed, strict)
            return 0
        table = _prepared(address, before, schema, whole=whole)
        table.create_write_transaction(
            [*adds, *drops], mode="overwrite" if whole else "append", schema=schema,
            commit_properties=strict,
        )  # fmt: skip
    except CommitFailedError:
        raise Conflict("Another worker published the table first; this one reads it again.") from None
    except (DeltaError, OSError) as error:
        raise StoreUnavailable(f"The table could not be committed: {_short(error)}") from None
    return int(table.version()) + 1


def key_columns(address: TableAddress, file: File, columns: Sequence[str], target: Path) -> None:
    """Read some columns of a data file by range and keep them at `target`; files never change."""
    try:
        system = pafs.PyFileSystem(DeltaStorageHandler(address.uri, dict(address.options) or None))
        with system.open_input_file(file.path) as source:
            there = pq.ParquetFile(source)
            known = [column for column in columns if column in there.schema_arrow.names]
            beside = target.with_suffix(f".{uuid.uuid4().hex}")
            pq.write_table(there.read(columns=known), beside, compression="zstd", compression_level=1)
        beside.replace(target)
    except (DeltaError, OSError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise OutOfSpace(f"{target.parent} could not be written; is the scratch disk full?") from None
        raise StoreUnavailable(f"A file of the table could not be read: {_short(error)}") from None


def stats(file: Path, indexed: Sequence[str]) -> str:
    """A data file's statistics for the log, from its footer: rows, and bounds of some columns."""
    meta = pq.read_metadata(file)
    bounds: dict[str, Any] = {"numRecords": meta.num_rows, "minValues": {}, "maxValues": {}, "nullCount": {}}
    places = {meta.schema.column(at).path: at for at in range(meta.num_columns)}
    for column in indexed:
        found = [meta.row_group(group).column(places[column]).statistics for group in range(meta.num_row_groups)]
        if not found or any(one is None or one.null_count is None for one in found):
            continue
        bounds["nullCount"][column] = sum(one.null_count for one in found)
        held = [one for one in found if one.num_values]
        if held and all(one.has_min_max for one in held):
            bounds["minValues"][column] = _written(min(one.min for one in held))
            bounds["maxValues"][column] = _written(max(one.max for one in held))
    return json.dumps(bounds)


def dataset(address: TableAddress) -> Any:
    """A table's newest version to read, None if it is not there."""
    table = _open(address)
    return None if table is None else table.to_pyarrow_dataset()


def _create(
    address: TableAddress, schema: Schema, adds: list[AddAction], indexed: Sequence[str], strict: CommitProperties
) -> None:
    """Make a table with its first files; of two that do so the later one finds it there.

    It names the columns that have bounds: readers take missing bounds of any other for "nothing in here".
    """
    try:
        create_table_with_add_actions(
            address.uri, schema, adds, mode="error", storage_options=dict(address.options) or None,
            configuration={"delta.dataSkippingStatsColumns": ",".join(indexed)}, commit_properties=strict,
        )  # fmt: skip
    except DeltaError:
        if _open(address) is None:
            raise
        raise CommitFailedError from None


def _prepared(address: TableAddress, before: Snapshot, schema: Schema, *, whole: bool) -> DeltaTable:
    """The table at the version that `before` saw, with columns that are new (T16)."""
    table = DeltaTable(address.uri, version=before.version, storage_options=dict(address.options) or None)
    if whole:
        return table
    known = {field.name: field.type for field in table.schema().fields}
    if changed := [field.name for field in schema.fields if known.get(field.name, field.type) != field.type]:
        raise BadMapping(f"{changed[0]} has another type in the published table: reprocess it with this mapping.")
    if fresh := [field for field in schema.fields if field.name not in known]:
        table.update_incremental()
        table.alter.add_columns(fresh)
        if table.version() != before.version + 1:
            raise CommitFailedError
    return table


def _open(address: TableAddress) -> DeltaTable | None:
    try:
        return DeltaTable(address.uri, storage_options=dict(address.options) or None)
    except TableNotFoundError:
        return None
    except (DeltaError, OSError) as error:
        raise StoreUnavailable(f"The table could not be opened: {_short(error)}") from None


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value if isinstance(value, int | float | str) else str(value)


def _short(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__

"""Raw Parquet: records as they were received, in zstd parts of bounded size."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from avesa.core.rows import Rows
from avesa.errors import BadRecord, OutOfSpace

UTC_TIME = pa.timestamp("us", "UTC")
CONSTANTS = pa.schema(
    [
        ("tenant", pa.string()),
        ("source", pa.string()),
        ("entity", pa.string()),
        ("window_start", UTC_TIME),
        ("window_end", UTC_TIME),
        ("pulled_at", UTC_TIME),
        ("part", pa.int32()),
    ]
)
SCHEMA = pa.schema([("record_id", pa.string()), ("source_updated_at", UTC_TIME), ("payload", pa.string()), *CONSTANTS])
GROUP_BYTES = 16 << 20
"""Payload bytes of a row group: what is held before it is compressed and written."""


@dataclass
class RawParts:
    """Writes pages into parts under a folder; a full part is given up for upload at once."""

    folder: Path
    constants: Mapping[str, Any]
    part_bytes: int
    zoned: bool
    """Whether the vendor's stamps carry their zone; those that do not are UTC."""
    count: int = 0
    _held: list[pa.RecordBatch] = field(default_factory=list)
    _held_bytes: int = 0
    _written: int = 0
    _writer: pq.ParquetWriter | None = None

    def add(self, rows: Rows, pulled_at: Any) -> list[Path]:
        """Take a page; returns the parts that it filled."""
        size = sum(map(len, rows.payloads))
        self._held.append(self._batch(rows, pulled_at))
        self._held_bytes += size
        self._written += size
        if self._held_bytes >= GROUP_BYTES or self._written >= self.part_bytes:
            self._flush()
        return list(self._close()) if self._written >= self.part_bytes else []

    def finish(self) -> list[Path]:
        """Write what is held; returns the last part, if there is one."""
        self._flush()
        return list(self._close())

    def _full(self, error: OSError) -> OutOfSpace:
        said = error.strerror or str(error)
        return OutOfSpace(f"{self.folder.parent} could not be written ({said}); is the scratch disk full?")

    def path(self, part: int) -> Path:
        """Where a part stands on scratch."""
        return self.folder / f"{part:05}.parquet"

    def _batch(self, rows: Rows, pulled_at: Any) -> pa.RecordBatch:
        fixed = {**self.constants, "pulled_at": pulled_at, "part": self.count}
        columns = [
            pa.array(rows.keys, pa.string()),
            stamps(rows.times, zoned=self.zoned),
            _texts(rows.payloads),
            *(pa.repeat(pa.scalar(fixed[column.name], column.type), len(rows)) for column in CONSTANTS),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)

    def _flush(self) -> None:
        if not self._held:
            return
        try:
            if self._writer is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._writer = pq.ParquetWriter(
                    self.path(self.count), SCHEMA, compression="zstd", compression_level=1,
                    use_dictionary=CONSTANTS.names, write_statistics=["record_id", "source_updated_at"],
                )  # fmt: skip
            self._writer.write_table(pa.Table.from_batches(self._held))
        except OSError as error:
            raise self._full(error) from None
        self._held.clear()
        self._held_bytes = 0

    def _close(self) -> Iterator[Path]:
        if self._writer is None:
            return
        try:
            self._writer.close()
        except OSError as error:
            raise self._full(error) from None
        self._writer = None
        self._written = 0
        self.count += 1
        yield self.path(self.count - 1)


def _texts(payloads: Any) -> pa.Array:
    try:
        return pa.array(payloads, pa.string())
    except pa.ArrowInvalid as error:
        raise BadRecord(f"A record is not UTF-8 text: {error}.") from None


def stamps(times: Any, *, zoned: bool) -> pa.Array:
    """A vendor's change times as UTC timestamps, all at once."""
    try:
        written = pa.array(times, pa.string())
        return written.cast(UTC_TIME) if zoned else written.cast(pa.timestamp("us")).cast(UTC_TIME)
    except pa.ArrowInvalid as error:
        raise BadRecord(f"A record's change time cannot be read: {error}.") from None

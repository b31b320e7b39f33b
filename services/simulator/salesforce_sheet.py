"""A Bulk result: CSV rows in blocks, plain on disk and deflated in memory, so that pages are joined, not made."""

import tempfile
import zlib
from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from os import pread
from typing import Any
from weakref import finalize

BLOCK = 1000
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def cell(value: Any) -> str:
    """A value as Bulk writes it: always quoted, null as empty, date-times with Z."""
    if value is None:
        return '""'
    if isinstance(value, str):
        if value[-5:] == "+0000" and len(value) == 28:
            return f'"{value[:-5]}Z"'
        return '"' + value.replace('"', '""') + '"' if '"' in value else f'"{value}"'
    if isinstance(value, bool):
        return '"true"' if value else '"false"'
    return f'"{value}"'


class Sheet:
    """All rows of one query job as CSV."""

    def __init__(self, columns: Sequence[str], delimiter: str = ",", line_end: str = "\n") -> None:
        self._delimiter = delimiter
        self._line_end = line_end
        self._header = self._line(columns).encode()
        self._plain = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the sheet
        finalize(self, self._plain.close)
        self._starts = array("Q", [0])
        self._deflated: list[bytes] = []

    def __len__(self) -> int:
        return len(self._starts) - 1

    def fill(self, rows: Iterable[Any], reads: Sequence[Callable[[Any], Any]]) -> None:
        """Render rows block by block."""
        remaining, at = iter(rows), 0
        while block := list(islice(remaining, BLOCK)):
            columns = [list(map(cell, map(read, block))) for read in reads]
            lines = [(self._delimiter.join(cells) + self._line_end).encode() for cells in zip(*columns, strict=True)]
            for line in lines:
                at += len(line)
                self._starts.append(at)
            data = b"".join(lines)
            self._plain.write(data)
            self._deflated.append(_deflate(data))
        self._plain.flush()

    def page(self, first: int, last: int) -> bytes:
        """Rows first to last (exclusive) under a header row."""
        return self._header + self._read(first, last)

    def gzipped(self, first: int, last: int) -> bytes:
        """The same page as one gzip stream: whole blocks as they are, the edges made anew."""
        plain = self.page(first, last)
        parts = [_GZIP_HEADER, _deflate(self._header)]
        at = first
        while at < last:
            until = min(last, (at // BLOCK + 1) * BLOCK)
            whole = at % BLOCK == 0 and until in {at + BLOCK, len(self)}
            parts.append(self._deflated[at // BLOCK] if whole else _deflate(self._read(at, until)))
            at = until
        parts.append(b"\x03\x00")  # an empty last block
        parts.append(zlib.crc32(plain).to_bytes(4, "little") + (len(plain) & 0xFFFFFFFF).to_bytes(4, "little"))
        return b"".join(parts)

    def _read(self, first: int, last: int) -> bytes:
        start, end = self._starts[first], self._starts[last]
        return pread(self._plain.fileno(), end - start, start)

    def _line(self, values: Sequence[Any]) -> str:
        return self._delimiter.join(map(cell, values)) + self._line_end


def _deflate(data: bytes) -> bytes:
    """Deflate so that the result can stand anywhere in a stream."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)

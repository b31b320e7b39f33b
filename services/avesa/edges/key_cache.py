"""Key columns of data files, kept on scratch by file name; a data file never changes, so neither do they."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from zlib import crc32

from avesa.core.names import slug
from avesa.edges import delta
from avesa.ports import TableAddress
from avesa.settings import Settings

MOST_BYTES = 2 << 30
"""What all tables' key columns may take on scratch together (P7)."""


class KeyCache:
    """One table's key columns."""

    def __init__(self, settings: Settings, table: str, columns: Sequence[str]) -> None:
        self._root = settings.scratch_path.absolute() / "keys"
        self._columns = columns
        self._folder = self._root / f"{slug(table)}-{crc32(','.join(columns).encode()):08x}"

    def get(self, address: TableAddress, file: delta.File) -> Path:
        """Where a file's key columns are on scratch; they are read from the table if they are not."""
        kept = self._folder / file.path
        if kept.exists():
            os.utime(kept)
        else:
            kept.parent.mkdir(parents=True, exist_ok=True)
            delta.key_columns(address, file, self._columns, kept)
        return kept

    def tidy(self, files: Iterable[delta.File]) -> None:
        """Forget what belongs to none of these files, and what was not used for longest if all is too much."""
        there = {file.path for file in files}
        for path in self._folder.glob("*.parquet"):
            if path.name not in there:
                path.unlink(missing_ok=True)
        every = [(path.stat(), path) for path in self._root.glob("*/*.parquet")]
        size = sum(stat.st_size for stat, _ in every)
        for stat, path in sorted(every, key=lambda pair: pair[0].st_mtime):
            if size <= MOST_BYTES:
                return
            path.unlink(missing_ok=True)
            size -= stat.st_size

"""A folder as lake: an object is a file that appears whole."""

import asyncio
import os
import shutil
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from avesa.errors import OutOfSpace, StoreUnavailable
from avesa.ports import TableAddress


class FolderLake:
    """Objects as files below a root."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    async def put(self, name: str, source: Path) -> None:
        """Copy a file in: written beside its place, flushed, then renamed into it."""
        await asyncio.to_thread(self._put, self._path(name), source)

    async def fetch(self, name: str, target: Path) -> None:
        """Link an object to a local path, or copy it where links are not possible."""
        await asyncio.to_thread(self._fetch, self._path(name), target)

    async def names(self, prefix: str) -> list[str]:
        """The names under a prefix."""
        return await asyncio.to_thread(self._names, prefix)

    async def remove(self, names: Sequence[str]) -> None:
        """Delete objects."""
        await asyncio.to_thread(self._remove, [self._path(name) for name in names])

    def table(self, name: str) -> TableAddress:
        """A table's folder."""
        return TableAddress(str(self._path(name)))

    def _put(self, path: Path, source: Path) -> None:
        beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with source.open("rb") as read, beside.open("wb") as written:
                shutil.copyfileobj(read, written, 1 << 20)
                written.flush()
                os.fsync(written.fileno())
            beside.replace(path)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            raise OutOfSpace(f"{path} could not be written ({error.strerror}); is the disk full?") from None

    def _fetch(self, path: Path, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            try:
                target.hardlink_to(path)
            except FileNotFoundError:
                raise
            except OSError:
                shutil.copyfile(path, target)
        except FileNotFoundError:
            raise StoreUnavailable(f"{path} is not in the lake; was it deleted by hand?") from None
        except OSError as error:
            raise OutOfSpace(f"{target} could not be written ({error.strerror}); is the scratch disk full?") from None

    def _remove(self, paths: Sequence[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)

    def _names(self, prefix: str) -> list[str]:
        folder = self._path(prefix)
        start = folder if folder.is_dir() else folder.parent
        found = (path.relative_to(self._root).as_posix() for path in start.rglob("*") if path.is_file())
        return sorted(name for name in found if name.startswith(prefix) and not Path(name).name.startswith("."))

    def _path(self, name: str) -> Path:
        path = (self._root / name).resolve()
        if not path.is_relative_to(self._root.resolve()):
            raise StoreUnavailable(f"{name!r} is not a name in this lake.")
        return path

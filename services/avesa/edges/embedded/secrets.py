"""Secrets in a file that only its owner may read."""

import asyncio
import fcntl
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from avesa.errors import UsageError

Credentials = dict[str, dict[str, dict[str, str]]]

_OTHERS = 0o077


class FileSecrets:
    """A JSON file of tenant → source → fields, mode 600."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def get(self, tenant: str, *, fresh: bool = False) -> Mapping[str, Mapping[str, str]]:
        """A tenant's credentials by source; the file is read each time, so they are always fresh."""
        del fresh
        found: Mapping[str, Mapping[str, str]] = (await asyncio.to_thread(self._read)).get(tenant, {})
        return found

    async def put(self, tenant: str, source: str, fields: Mapping[str, str] | None) -> None:
        """Keep or forget one source's credentials."""
        await asyncio.to_thread(self._change, tenant, source, fields)

    def _change(self, tenant: str, source: str, fields: Mapping[str, str] | None) -> None:
        with self._alone():
            everything = self._read()
            mine = {name: kept for name, kept in everything.get(tenant, {}).items() if name != source}
            if fields is not None:
                mine[source] = dict(fields)
            self._write({**everything, tenant: mine})

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process at a time read the file and write it anew, or credentials of the other would be lost."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.with_name(f".{self._path.name}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise UsageError(f"{self._path} could not be written ({error.strerror}).") from None

    def _read(self) -> Credentials:
        try:
            if self._path.stat().st_mode & _OTHERS:
                raise UsageError(f"{self._path} can be read by others: chmod 600 {self._path}")
            return msgspec.json.decode(self._path.read_bytes(), type=Credentials)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise UsageError(f"{self._path} could not be read ({error.strerror}).") from None
        except ValueError:
            raise UsageError(
                f"{self._path} is not JSON of tenant, source and text fields; put a copy back or add the tenants again."
            ) from None

    def _write(self, everything: Credentials) -> None:
        beside = self._path.with_name(f".{self._path.name}.{uuid.uuid4().hex}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(everything, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)

"""Secrets in a file that only its owner may read."""

import asyncio
import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path

from avesa.errors import UsageError

_OTHERS = 0o077


class FileSecrets:
    """A JSON file of tenant → source → fields, mode 600."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = asyncio.Lock()

    async def get(self, tenant: str, *, fresh: bool = False) -> Mapping[str, Mapping[str, str]]:
        """A tenant's credentials by source; the file is read each time, so they are always fresh."""
        del fresh
        found: Mapping[str, Mapping[str, str]] = (await asyncio.to_thread(self._read)).get(tenant, {})
        return found

    async def put(self, tenant: str, source: str, fields: Mapping[str, str] | None) -> None:
        """Keep or forget one source's credentials."""
        async with self._turn:
            await asyncio.to_thread(self._change, tenant, source, fields)

    def _change(self, tenant: str, source: str, fields: Mapping[str, str] | None) -> None:
        everything = self._read()
        mine = dict(everything.get(tenant, {}))
        if fields is None:
            mine.pop(source, None)
        else:
            mine[source] = dict(fields)
        self._write({**everything, tenant: mine})

    def _read(self) -> dict[str, dict[str, dict[str, str]]]:
        try:
            if self._path.stat().st_mode & _OTHERS:
                raise UsageError(f"{self._path} can be read by others: chmod 600 {self._path}")
            written = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:
            raise UsageError(f"{self._path} is not JSON; put a copy back or add the tenants again.") from None
        return dict(written)

    def _write(self, everything: dict[str, dict[str, dict[str, str]]]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_name(f".{self._path.name}.{uuid.uuid4().hex}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(everything, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)

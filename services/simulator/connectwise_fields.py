"""`fields=id,status/name,_info/lastUpdated`: what a record keeps; `_info` is not kept unless asked for."""

from collections.abc import Mapping
from typing import Any

import msgspec

Wanted = dict[str, Any]
"""Name → None for the whole value, or what is wanted inside it."""

RECORD = msgspec.json.Decoder(dict[str, msgspec.Raw])
LIST = msgspec.json.Decoder(list[msgspec.Raw])


def chosen(fields: str, known: Mapping[str, str]) -> Wanted:
    """Read a field list; names that no record has are silently dropped."""
    wanted: Wanted = {}
    for path in filter(None, (part.strip() for part in fields.split(","))):
        first, _, rest = path.partition("/")
        name = known.get(first.lower())
        if name is None:
            continue
        if not rest:
            wanted[name] = None
        elif wanted.get(name, {}) is not None:
            inner = wanted.setdefault(name, {})
            _add(inner, rest)
    return wanted


def _add(wanted: Wanted, path: str) -> None:
    first, _, rest = path.partition("/")
    if not rest:
        wanted[first.lower()] = None
    elif wanted.get(first.lower(), {}) is not None:
        _add(wanted.setdefault(first.lower(), {}), rest)


def project(record: bytes, wanted: Wanted) -> bytes:
    """Cut a record down to what is wanted, untouched bytes of it."""
    parts = [
        b'"%s":%s' % (name.encode(), value if wanted[name] is None else _inner(value, wanted[name]))
        for name, value in RECORD.decode(record).items()
        if name in wanted
    ]
    return b"{" + b",".join(parts) + b"}"


def _inner(value: msgspec.Raw, wanted: Wanted) -> bytes:
    raw = bytes(value)
    if raw.startswith(b"["):
        return b"[" + b",".join(_inner(item, wanted) for item in LIST.decode(raw)) + b"]"
    if not raw.startswith(b"{"):
        return raw
    parts = []
    for name, inside in RECORD.decode(raw).items():
        if name.lower() in wanted:
            further = wanted[name.lower()]
            parts.append(b'"%s":%s' % (name.encode(), inside if further is None else _inner(inside, further)))
    return b"{" + b",".join(parts) + b"}"

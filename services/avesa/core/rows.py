"""Cutting a page into records without making Python objects of them.

Two passes of msgspec over the same bytes: one cuts the array into raw slices, one reads the
key and the change time of each. A record's text stays as it was received.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from avesa.errors import BadRecord, SourceUnavailable


@dataclass(frozen=True, slots=True)
class Rows:
    """A page's records: keys, change times as the vendor writes them, and JSON texts, side by side."""

    keys: Sequence[str]
    times: Sequence[str]
    payloads: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.keys)


Split = Callable[[bytes], Rows]


@lru_cache(maxsize=64)
def splitter(key: str, time: str, envelope: str = "") -> Split:
    """Make a function that cuts pages of one entity; `key` and `time` are dotted paths."""
    if key == time or key.split(".", maxsplit=1)[0] == time.split(".", maxsplit=1)[0]:
        raise ValueError("key and time must not share a field")
    small = msgspec.defstruct(
        "Row", [("key", *_field(key, int | str)), ("time", *_field(time, str))], rename=_renamed(key, time)
    )
    slices = _decoder(msgspec.Raw, envelope)
    reads = _decoder(small, envelope)

    def split(body: bytes) -> Rows:
        clean = body.replace(b"\x00", b"") if b"\x00" in body else body
        try:
            raws = slices(clean)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SourceUnavailable(f"The source's page is cut or is not JSON ({error}).") from None
        try:
            rows = reads(clean)
        except msgspec.ValidationError as error:
            raise BadRecord(f"A record has no readable {key} or {time}: {error}.") from None
        return Rows(
            [str(_reach(row.key, key)) for row in rows],
            [_reach(row.time, time) for row in rows],
            [bytes(raw) for raw in raws],
        )

    return split


def _renamed(key: str, time: str) -> dict[str, str]:
    return {"key": key.split(".", maxsplit=1)[0], "time": time.split(".", maxsplit=1)[0]}


def _field(path: str, leaf: Any) -> tuple[Any]:
    """The type of a dotted path's first field: a struct of one field for each further step."""
    steps = path.split(".")[1:]
    type_ = leaf
    for step in reversed(steps):
        type_ = msgspec.defstruct("Step", [("held", type_)], rename={"held": step})
    return (type_,)


def _reach(value: Any, path: str) -> Any:
    for _ in range(path.count(".")):
        value = value.held
    return value


def _decoder(record: Any, envelope: str) -> Callable[[bytes], list[Any]]:
    if not envelope:
        return msgspec.json.Decoder(list[record]).decode
    wrapped = msgspec.defstruct("Envelope", [("held", list[record])], rename={"held": envelope})
    decode = msgspec.json.Decoder(wrapped).decode

    def held(body: bytes) -> list[Any]:
        found: list[Any] = getattr(decode(body), "held")  # noqa: B009  the struct is made above
        return found

    return held

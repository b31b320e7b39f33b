"""A source's collection as a mapping file declares it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Shape = Mapping[str, Any]
"""DuckDB's `json_transform` structure as JSON: field → type name, nested map, or a list of one of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One collection of one source, feeding one canonical table.

    `key` and `time` are dotted paths into a record. `options` are the dialect's own
    (a filter, a module, a header); the spine hands them through unread.
    """

    source: str
    name: str
    table: str
    collection: str
    key: str
    time: str
    shape: Shape
    select: str
    """The SELECT from the entity's records (relation `record`) to canonical columns."""
    page_size: int = 1000
    tombstones: bool = False
    """Its SELECT yields deletions (source_id, deleted_at, delete_cause), not rows."""
    optional: bool = False
    """A plugin's collection: its absence is reported by `check` and is no failure."""
    custom: str = ""
    """The names of fields that a tenant adds, such as `u_*`; its SELECT finds them in `custom_fields`."""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """The top-level field names to ask the source for."""
        return tuple(self.shape)

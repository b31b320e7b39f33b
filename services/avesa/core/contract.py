"""A canonical table's contract, read from its `table.sql`.

    -- Tickets of every source. #history
    create table tickets (
        ticket_key varchar, -- The source and its id. #key #not_null
        status varchar,     -- Where the work stands. #set{new,in_progress,closed,other}
    );

One column per line, with its comment; tags in the comment become checks.
"""

import re
from dataclasses import dataclass

from avesa.errors import BadMapping

TYPES = ("VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMPTZ", "DATE", "DECIMAL(18,4)", "VARCHAR[]")
OTHER = "other"
"""What a value of a set becomes that no mapping knows; counted, never null."""

_TABLE = re.compile(r"\s*create\s+table\s+(\w+)\s*\(\s*$", re.IGNORECASE)
_COLUMN = re.compile(r"\s*(\w+)\s+([A-Za-z]+(?:\(\d+,\s*\d+\))?(?:\[\])?)\s*,?\s*--\s*(.+)$")
_TAG = re.compile(r"#(\w+)(?:\{([^}]*)\})?")
_TAGS = {"key", "not_null", "set", "pii"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type in DuckDB's words, what it means, and what is checked."""

    name: str
    type: str
    comment: str
    key: bool = False
    not_null: bool = False
    allowed: tuple[str, ...] = ()
    pii: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """What a table promises its readers."""

    table: str
    comment: str
    columns: tuple[Column, ...]
    history: bool = False

    @property
    def key(self) -> str:
        """The name of the key column."""
        return next(column.name for column in self.columns if column.key)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)


SYSTEM = (
    Column("tenant", "VARCHAR", "The tenant whose row this is.", not_null=True),
    Column("source", "VARCHAR", "The source it came from.", not_null=True),
    Column("source_id", "VARCHAR", "Its id at the source.", not_null=True),
    Column("updated_at_source", "TIMESTAMPTZ", "When the source changed it last.", not_null=True),
    Column("is_deleted", "BOOLEAN", "Whether the source has deleted, merged or hidden it.", not_null=True),
    Column("deleted_at", "TIMESTAMPTZ", "When it was deleted, where it was."),
    Column("delete_cause", "VARCHAR", "Why: deleted, merged or not visible."),
    Column("first_seen_at", "TIMESTAMPTZ", "When avesa pulled it first.", not_null=True),
    Column("loaded_at", "TIMESTAMPTZ", "When avesa pulled this version.", not_null=True),
    Column("mapping_version", "VARCHAR", "The mapping that made the row.", not_null=True),
    Column("content_hash", "BIGINT", "A fingerprint of the record as it was received.", not_null=True),
)
"""Columns that every table has after its own."""


def read_contract(path: str, text: str) -> Contract:
    """Read a contract; BadMapping names file and line."""
    lines = text.splitlines()
    opening = next((number for number, line in enumerate(lines) if _TABLE.match(line)), None)
    if opening is None:
        raise BadMapping(f"{path}:1: there is no line `create table NAME (`.")
    comment = " ".join(line.strip().removeprefix("--").strip() for line in lines[:opening] if line.strip())
    match = _TABLE.match(lines[opening])
    table = match.group(1) if match else ""
    columns = tuple(_columns(path, lines, opening + 1))
    _whole(path, table, columns)
    return Contract(table, _TAG.sub("", comment).strip(), columns, history="#history" in comment)


def _columns(path: str, lines: list[str], start: int) -> list[Column]:
    found: list[Column] = []
    for number, line in enumerate(lines[start:], start + 1):
        if line.strip().startswith(")"):
            return found
        if line.strip() and not line.strip().startswith("--"):
            found.append(_column(f"{path}:{number}", line))
    raise BadMapping(f"{path}:{len(lines)}: the table is not closed with `);`.")


def _column(place: str, line: str) -> Column:
    match = _COLUMN.match(line)
    if match is None:
        raise BadMapping(f"{place}: a column is written `name type, -- what it means`: {line.strip()!r}")
    name, type_, comment = match.group(1), match.group(2).upper().replace(" ", ""), match.group(3)
    if type_ not in TYPES:
        raise BadMapping(f"{place}: {name} has type {type_}; there are {', '.join(TYPES)}.")
    tags = dict(_TAG.findall(comment))
    if wrong := set(tags) - _TAGS:
        raise BadMapping(f"{place}: #{min(wrong)} is not a tag; there are {', '.join(sorted(_TAGS))}.")
    allowed = tuple(value.strip() for value in tags.get("set", "").split(",") if value.strip())
    return Column(
        name,
        type_,
        _TAG.sub("", comment).strip(),
        "key" in tags,
        "not_null" in tags or "key" in tags,
        allowed,
        "pii" in tags,
    )


def _whole(path: str, table: str, columns: tuple[Column, ...]) -> None:
    names = [column.name for column in columns]
    if sum(column.key for column in columns) != 1:
        raise BadMapping(f"{path}: {table} must have exactly one #key column.")
    if twice := {name for name in names if names.count(name) > 1} | {c.name for c in SYSTEM} & set(names):
        raise BadMapping(f"{path}: {min(twice)} stands twice, or is a column that avesa adds itself.")

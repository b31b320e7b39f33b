"""Fields that every object has, and short ways to write the others."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from simulator.salesforce_ids import record_id
from simulator.salesforce_org import FixedRows, Rows, stamp_of
from simulator.salesforce_schema import Field, Read

ACCOUNT, CONTACT, CASE, TASK, EVENT, USER, QUEUE = "001", "003", "500", "00T", "00U", "005", "00G"
ADMIN = 1
"""The number of the user that the integration signs in as."""


def identifier(prefix: str, read: Callable[[Any], int | None]) -> Read:
    """Read a number off a row as an id; None stays null."""

    def found(row: Any) -> str | None:
        number = read(row)
        return None if number is None else record_id(prefix, number)

    return found


def reference(name: str, prefix: str, target: str, read: Callable[[Any], int | None]) -> Field:
    """A lookup to one object."""
    return Field(name, "reference", identifier(prefix, read), (target,), name.removesuffix("Id"))


def nulls(kind: str, *names: str) -> list[Field]:
    """Fields that this org leaves empty."""
    return [Field(name, kind, lambda _: None) for name in names]


def own_id(prefix: str) -> Field:
    """The Id field."""
    return Field("Id", "id", identifier(prefix, attrgetter("id")))


def is_deleted(rows: Rows | FixedRows) -> Field:
    """The IsDeleted field."""
    return Field("IsDeleted", "boolean", rows.is_deleted)


def audit(created: Callable[[Any], int | None], updated: Callable[[Any], int]) -> list[Field]:
    """Who made and changed a row; the stamps move with the world's `updated_at`.

    SystemModstamp moves with deletion too, LastModifiedDate does not lie behind it in this org.
    """
    return [
        Field("CreatedDate", "datetime", lambda row: stamp_of(row.created_at)),
        reference("CreatedById", USER, "User", created),
        Field("LastModifiedDate", "datetime", lambda row: stamp_of(row.updated_at)),
        reference("LastModifiedById", USER, "User", updated),
        Field("SystemModstamp", "datetime", lambda row: stamp_of(row.updated_at)),
        *nulls("datetime", "LastViewedDate", "LastReferencedDate"),
    ]


def updater(row: Any) -> int:
    """The member who changed a row last."""
    return int(row.updated_by)

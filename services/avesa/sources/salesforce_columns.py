"""Which columns a user may see: what describe shows of the mapped ones, and every custom one.

A column hidden by field-level security is absent from describe and makes a query fail; it is left out and told of.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
"""

from dataclasses import dataclass

import msgspec

from avesa.core.entity import Entity
from avesa.errors import Park, SourceUnavailable
from avesa.sources.dialect import Flow, Request, Response, Session
from avesa.sources.salesforce_errors import usable
from avesa.sources.salesforce_sign_in import data

_COMPOUND = {"address", "location", "base64", "complexvalue"}
"""Types that Bulk does not select; their parts are columns of their own."""


class Column(msgspec.Struct):
    """One field of describe."""

    name: str
    type: str = ""
    custom: bool = False
    calculated: bool = False


class Described(msgspec.Struct):
    """An object as this user sees it."""

    fields: list[Column]
    replicateable: bool = True


@dataclass(frozen=True, slots=True)
class Columns:
    """What to select: mapped columns first, then custom ones; what is missing and what is a formula."""

    mapped: tuple[str, ...]
    custom: tuple[str, ...]
    hidden: tuple[str, ...]
    formulas: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All columns to select."""
        return self.mapped + self.custom


def describe(entity: Entity, session: Session) -> Flow[Described | None]:
    """Ask what the user sees of the object; None for an optional one that is not there."""
    response = yield Request("GET", data(session, f"sobjects/{entity.collection}/describe"), judged=False)
    return _read(response) if usable(response, entity) else None


def choose(entity: Entity, described: Described) -> Columns:
    """Keep what is there and can be selected; Park if key or time is hidden."""
    there = {column.name: column for column in described.fields if column.type not in _COMPOUND}
    wanted = tuple(dict.fromkeys((entity.key, entity.time, *entity.fields)))
    if hidden := [name for name in (entity.key, entity.time) if name not in there]:
        raise Park(f"Salesforce hides {', '.join(hidden)} of {entity.collection}: give the user read access to it.")
    mapped = tuple(name for name in wanted if name in there)
    custom = tuple(name for name, column in there.items() if column.custom and name not in mapped)
    return Columns(
        mapped,
        custom,
        hidden=tuple(name for name in wanted if name not in there),
        formulas=tuple(name for name in mapped + custom if there[name].calculated),
    )


def _read(response: Response) -> Described:
    try:
        return msgspec.json.decode(response.body, type=Described)
    except msgspec.DecodeError:
        raise SourceUnavailable("Salesforce answered describe with something else than an object.") from None

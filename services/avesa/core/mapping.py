"""All mapping files of an installation, read and checked."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from avesa.core.contract import Contract, read_contract
from avesa.core.entity import Entity
from avesa.core.mapping_file import BackfillForm, EntityForm, PaceForm, SourceForm, read_form
from avesa.core.select import check_select
from avesa.core.tenants import Service
from avesa.errors import BadMapping, UsageError

BACKFILL = "backfill.yaml"

Files = Mapping[str, str]
"""Path below `mappings/` → text."""


@dataclass(frozen=True, slots=True)
class SourceMap:
    """A source's entities by name."""

    name: str
    requests_per_minute: float
    entities: Mapping[str, Entity]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How one tenant's source is planned and pulled."""

    lookback_days: int | None
    """None means everything there is (T2)."""
    window_days: int
    requests_per_minute: float
    overlap_seconds: int
    lag_seconds: int


@dataclass(frozen=True, slots=True)
class Mappings:
    """Sources, contracts and paces."""

    sources: Mapping[str, SourceMap]
    contracts: Mapping[str, Contract]
    backfill: BackfillForm

    def source(self, name: str) -> SourceMap:
        """One source's entities."""
        if name not in self.sources:
            raise UsageError(f"{name!r} is not a source; there are {', '.join(self.sources)}.")
        return self.sources[name]

    def entity(self, source: str, name: str) -> Entity:
        """One entity."""
        entities = self.source(source).entities
        if name not in entities:
            raise UsageError(f"{source} has no entity {name!r}; there are {', '.join(entities)}.")
        return entities[name]

    def feeding(self, table: str) -> tuple[Entity, ...]:
        """The entities of all sources that feed a table."""
        return tuple(e for source in self.sources.values() for e in source.entities.values() if e.table == table)

    def contract(self, table: str) -> Contract:
        """A table's contract."""
        return self.contracts[table]

    def version(self, table: str) -> str:
        """A short hash of all that makes a table: its contract, shapes and SELECTs."""
        made = [
            repr(self.contracts[table]),
            *(repr((e.name, e.select, e.custom, json.dumps(e.shape))) for e in self.feeding(table)),
        ]
        return hashlib.sha256("\n".join(made).encode()).hexdigest()[:12]

    def pace(self, service: Service) -> Pace:
        """A service's pace: its own settings, then the tenant's, then the defaults."""
        try:
            own = PaceForm.model_validate(service.settings)
        except ValidationError as error:
            fault = error.errors()[0]
            raise UsageError(f"{service.tenant}/{service.source}: {fault['loc'][0]}: {fault['msg']}.") from None
        wider = (self.backfill.tenants.get(service.tenant, PaceForm()), self.backfill.defaults)
        merged: dict[str, Any] = {"requests_per_minute": self.source(service.source).requests_per_minute}
        for form in (*reversed(wider), own):
            merged |= form.model_dump(exclude_unset=True)
        return Pace(**merged)


def load(files: Files) -> Mappings:
    """Read every mapping file; BadMapping names the file and line of the first mistake."""
    backfill = read_form(BACKFILL, _text(files, BACKFILL), BackfillForm)
    missing = {"window_days", "overlap_seconds", "lag_seconds", "lookback_days"} - backfill.defaults.model_fields_set
    if missing:
        raise BadMapping(f"{BACKFILL}:1: defaults must say {min(missing)}.")
    tables = sorted(path.removesuffix("/table.sql") for path in files if path.endswith("/table.sql"))
    contracts = {table: read_contract(f"{table}/table.sql", files[f"{table}/table.sql"]) for table in tables}
    sources = {}
    for path in sorted(files):
        if path.endswith(".yaml") and "/" not in path and path != BACKFILL:
            form = read_form(path, files[path], SourceForm)
            entities = {
                name: _entity(files, path, form, name, entity, contracts) for name, entity in form.entities.items()
            }
            sources[form.source] = SourceMap(form.source, form.requests_per_minute, entities)
    return Mappings(sources, contracts, backfill)


def _entity(
    files: Files, path: str, form: SourceForm, name: str, entity: EntityForm, contracts: Mapping[str, Contract]
) -> Entity:
    if entity.table not in contracts:
        raise BadMapping(f"{path}: {name}: there is no mappings/{entity.table}/table.sql.")
    chosen = entity.select or form.source
    where = f"{chosen}.sql" if "/" in chosen else f"{entity.table}/{chosen}.sql"
    select = _text(files, where)
    check_select(where, select, contracts[entity.table], entity.shape, tombstones=entity.tombstones)
    return Entity(
        source=form.source,
        name=name,
        table=entity.table,
        collection=entity.collection or name,
        key=entity.key,
        time=entity.time,
        shape=entity.shape,
        select=select,
        page_size=entity.page_size,
        tombstones=entity.tombstones,
        optional=entity.optional,
        custom=form.custom,
        options=entity.options,
    )


def _text(files: Files, path: str) -> str:
    if path not in files:
        raise BadMapping(f"mappings/{path} is missing.")
    return files[path]

"""Publishing a table: what has landed, mapped by DuckDB, checked, and swapped in by one commit.

Order: history, then the table, then quarantine, then the ledger. Each is a function of raw, so
a run that was killed between any two is simply done again.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from avesa.core import sql, sql_history, sql_merge, sql_quarantine
from avesa.core.contract import Contract
from avesa.core.entity import Entity
from avesa.core.ledger import Entry, State
from avesa.core.mapping import Mappings
from avesa.core.messages import Transform
from avesa.core.names import delta_table, raw_part
from avesa.core.select import outputs
from avesa.edges.duck import Duck
from avesa.errors import BrokenKey, Reject
from avesa.events import Listener, TableMerged
from avesa.leases import lease
from avesa.ledger import Ledger
from avesa.ports import Edges
from avesa.publish import Publication, Target
from avesa.settings import Settings

BATCH_ROWS = 2_000_000
"""Landed rows that one commit takes in; more become several commits."""
MANY_DELETES = 50
MANY_DELETES_PART = 0.2
"""Deletes that are held back when a batch has more of them than both."""

_ROW = ("updated_at_source", "loaded_at", "content_hash", "first_seen_at", "is_deleted", "deleted_at", "delete_cause")
LATE = timedelta(days=2)
"""How long a row may be on its way from the source into a landed window, and a window of deletions may be."""

_NO_GRAVES = "select null::varchar as key, null::timestamptz as deleted_at, null::varchar as delete_cause where false"
_STATE = ("updated_at_source", "content_hash", "first_seen_at", "deleted_at")


async def transform(
    message: Transform, *, edges: Edges, mappings: Mappings, settings: Settings, listen: Listener
) -> None:
    """Merge everything that has landed for a tenant's table."""
    entities = mappings.feeding(message.table)
    ledger = Ledger(edges.store, edges.clock)
    async with lease(edges.store, edges.clock, message.tenant, f"publish {message.table}", lasting=settings.visibility):
        landed = await entries(ledger, message.tenant, entities, State.LANDED)
        for batch in batches(landed):
            waited = edges.clock() - min(entry.landed_at for entry in batch if entry.landed_at is not None)
            told = [e for entity in entities for e in await lately(ledger, message.tenant, entity, waited)]
            with Duck(settings, f"{message.table}-{message.tenant}") as duck:
                run = Run(message.tenant, mappings.contract(message.table), duck, edges, settings, listen)
                await run.publish(batch, mappings, told, accept_deletes=message.accept_deletes)
            await ledger.merge(batch)


async def entries(ledger: Ledger, tenant: str, entities: Sequence[Entity], *states: State) -> list[Entry]:
    """Windows of the entities in these states, in the order in which they landed."""
    found: list[Entry] = []
    for entity in entities:
        if State.LANDED in states:
            standing = await ledger.open(tenant, entity.source, entity.name)
            found += [entry for entry in standing if entry.state is State.LANDED]
        if State.MERGED in states:
            found += await ledger.merged(tenant, entity.source, entity.name)
    return sorted((entry for entry in found if entry.landed_at is not None), key=lambda e: (e.landed_at, e.run))


async def lately(ledger: Ledger, tenant: str, entity: Entity, waited: timedelta) -> list[Entry]:
    """Merged windows of deletions that may speak of rows which were pulled before them and land only now.

    `waited` is how long the oldest of these rows has been in the lake; days are those of the source's clock.
    """
    covered = await ledger.coverage(tenant, entity.source, entity.name)
    if covered is None or not entity.tombstones:
        return []
    last, first = covered.planned_to, covered.planned_to - waited - LATE
    days = [first + timedelta(days=day) for day in range((last - first).days + 2)]
    return [e for day in days for e in await ledger.merged(tenant, entity.source, entity.name, f"{day:%Y-%m-%d}")]


def batches(landed: Sequence[Entry]) -> list[list[Entry]]:
    """Cut windows into batches of bounded size."""
    cut: list[list[Entry]] = []
    rows = 0
    for entry in landed:
        rows += entry.landed or 0
        if not cut or rows > BATCH_ROWS:
            cut.append([])
            rows = entry.landed or 0
        cut[-1].append(entry)
    return cut


@dataclass
class Run:
    """One batch on its way into one table."""

    tenant: str
    contract: Contract
    duck: Duck
    edges: Edges
    settings: Settings
    listen: Listener
    rebuild: bool = False
    """Take the batch for all there is, and the table as empty."""
    scans: list[str] = field(default_factory=list)

    async def publish(
        self, batch: Sequence[Entry], mappings: Mappings, told: Sequence[Entry] = (), *, accept_deletes: bool = True
    ) -> None:
        """Map, check and commit a batch; `told` are merged windows of deletions to be looked at again."""
        began = time.monotonic()
        await self._map([*batch, *told], mappings)
        await self._one_row_a_key()
        table, counts = await self._decide()
        if not accept_deletes:
            self._not_too_many(counts["deleted"], table.before.rows)
        if self.contract.history:
            await self._history()
        if counts.pop("changed") or self._empties(table):
            await self._table(table)
        counts["quarantined"] = await self._quarantine()
        self.listen(
            TableMerged(
                tenant=self.tenant, table=self.contract.table, rebuilt=self.rebuild, fresh_to=_fresh_to(batch),
                rows_in=sum(entry.landed or 0 for entry in batch), unmapped=await self._unmapped(),
                seconds=time.monotonic() - began, files_added=len(table.added), files_removed=len(table.removed),
                version=table.version, **counts,
            )
        )  # fmt: skip

    async def _map(self, batch: Sequence[Entry], mappings: Mappings) -> None:
        """Fetch raw and make `versions`, `fresh` and `graves` of it."""
        table, version = self.contract.table, mappings.version(self.contract.table)
        rows, graves = [_no_rows(self.contract)], [_NO_GRAVES]
        for entity in mappings.feeding(table):
            scan = await self._fetch([e for e in batch if (e.source, e.entity) == (entity.source, entity.name)])
            if scan is None:
                continue
            if entity.tombstones:
                graves.append(sql.graves(entity, scan))
            else:
                chosen = outputs(entity.select)
                rows.append(sql.versions(self.contract, entity, self.tenant, chosen, version, scan))
                self.scans.append(scan)
        await self.duck.run(f"create table versions as {' union all by name '.join(rows)}")
        await self.duck.run(f"create table fresh as {sql_merge.fresh(self.contract.key)}")
        await self.duck.run(f"create table graves as {' union all '.join(graves)}")
        await self.duck.run(f"create table touched as {sql_merge.TOUCHED}")

    async def _fetch(self, batch: Sequence[Entry]) -> str | None:
        """A scan of the raw parts of windows; they are on scratch after it."""
        local = []
        for entry in batch:
            for part in range(entry.parts):
                path = self.duck.folder / "raw" / f"{entry.run}-{part:05}.parquet"
                name = raw_part(entry.tenant, entry.source, entry.entity, entry.window, entry.run, part)
                await self.edges.lake.fetch(name, path)
                local.append(str(path))
        return sql.parquet(local) if local else None

    async def _one_row_a_key(self) -> None:
        twice = await self.duck.run(sql_merge.twice(self.contract.key))
        if twice:
            raise BrokenKey(
                f"{self.tenant} {self.contract.table}: two records have the key {twice[0][0]}; nothing is published. "
                "Mend source_id in the mapping, then redrive this message."
            )

    async def _history(self) -> None:
        target = Target(
            f"{self._name}_history", (*sql.columns(self.contract), *sql_history.HISTORY), self.contract.key, _STATE
        )
        publication = await self._open(target)
        await publication.find("told", "touched")
        await self.duck.run(f"create table unseen as {sql_history.unseen(self.contract.key)}")
        await self.duck.run(f"create table ended as {sql_history.ENDED}")
        await self.duck.run(f"create table anew as {sql_history.ANEW}")
        if await self.duck.one("select count(*) from anew") or self._empties(publication):
            await publication.old_rows("past", "told", "(select key from anew)")
            await self.duck.run(f"create table places as {sql_history.places(self.contract.key)}")
            await self.duck.run(f"create view lives as {sql_history.lives(self.contract)}")
            await self._swap(publication, "anew", "lives")

    async def _decide(self) -> tuple[Publication, dict[str, int]]:
        """Find the published rows of this batch's keys and which of them change."""
        publication = await self._open(Target(self._name, sql.columns(self.contract), self.contract.key, _ROW))
        await publication.find("existing", "touched")
        await self.duck.run(f"create table changed as {sql_merge.CHANGED}")
        rows = await self.duck.run(
            "select count(*), count(*) filter (is_new), count(*) filter (not is_new and takes), "
            "count(*) filter (ends and not is_new) from changed"
        )
        return publication, dict(zip(("changed", "inserted", "updated", "deleted"), rows[0], strict=True))

    async def _table(self, publication: Publication) -> None:
        """Swap in the rows that changed."""
        await publication.old_rows("staying", "existing", sql_merge.STAYING)
        await publication.touch("existing", "(select key from changed)")
        await self.duck.run(f"create view final as {sql_merge.final(self.contract)}")
        await self._swap(publication, "changed", "final")

    def _not_too_many(self, deletes: int, rows: int) -> None:
        """Deletes that are too many at once are more likely a source that hides its rows (T15)."""
        if deletes > max(MANY_DELETES, rows * MANY_DELETES_PART):
            raise Reject(
                f"{self.tenant} {self.contract.table}: the source tells of {deletes:,} deletes at once, "
                f"of {rows:,} rows. Nothing is published. If they are meant: "
                f"avesa send transform {self.tenant} {self.contract.table} --accept-deletes"
            )

    async def _quarantine(self) -> int:
        """Keep broken records with their reasons, let mended ones go; tells how many of the batch are broken."""
        target = Target(f"{self._name}_quarantine", sql_quarantine.QUARANTINE, "quarantine_key", ("updated_at_source",))
        publication = await self._open(target)
        broken = int(await self.duck.one("select count(*) from versions where _broken is not null"))
        if not broken and not publication.before.files:
            return 0
        await self.duck.run(f"create table judged as {sql_quarantine.JUDGED}")
        await publication.find("held", "judged")
        await self.duck.run(f"create table shut as {sql_quarantine.SHUT}")
        if await self.duck.one("select count(*) from shut") or self._empties(publication):
            await publication.touch("held", "(select key from shut)")
            await self.duck.run(f"create table kept as {sql_quarantine.kept(self.scans)}")
            await self._swap(publication, "shut", "kept")
        return int(await self.duck.one("select count(*) from judged where reason is not null"))

    @property
    def _name(self) -> str:
        return delta_table(self.tenant, self.contract.table)

    async def _open(self, target: Target) -> Publication:
        publication = Publication(target, self.duck, self.edges.lake, self.settings, rebuild=self.rebuild)
        await publication.open()
        return publication

    def _empties(self, publication: Publication) -> bool:
        """A rebuild that leaves nothing of a table still has to say so."""
        return self.rebuild and bool(publication.before.files)

    async def _swap(self, publication: Publication, changed: str, final: str) -> None:
        await publication.write(changed, final)
        await publication.commit(f"{'rebuild' if self.rebuild else 'merge'} {self.contract.table}")

    async def _unmapped(self) -> int:
        """Values of this batch that no mapping knows."""
        sets = [sql.name(column.name) for column in self.contract.columns if column.allowed]
        if not sets:
            return 0
        counted = " + ".join(f"count(*) filter ({column} = 'other')" for column in sets)
        return int(await self.duck.one(f"select {counted} from versions"))


def _no_rows(contract: Contract) -> str:
    """The columns of `versions` for a batch that holds no row."""
    names = ", ".join(f"null::{column.type} as {sql.name(column.name)}" for column in sql.columns(contract))
    return f"select {names}, null::varchar as _broken, null::varchar as _record, null::varchar as _entity where false"


def _fresh_to(batch: Sequence[Entry]) -> datetime | None:
    """The end of the newest window, which is what this commit is fresh to when nothing else is open."""
    return max((entry.window.end for entry in batch), default=None)

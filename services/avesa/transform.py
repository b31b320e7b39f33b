"""Publishing a table: what has landed, mapped by DuckDB, checked, and swapped in by one commit.

Order: history, then the table, then quarantine, then the ledger. Each is a function of raw, so
a run that was killed between any two is simply done again.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from avesa.core import sql
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
_NO_GRAVES = "select null::varchar as key, null::timestamptz as deleted_at, null::varchar as delete_cause where false"
_VERSION = ("updated_at_source", "content_hash", "first_seen_at")


async def transform(
    message: Transform, *, edges: Edges, mappings: Mappings, settings: Settings, listen: Listener
) -> None:
    """Merge everything that has landed for a tenant's table."""
    entities = mappings.feeding(message.table)
    ledger = Ledger(edges.store, edges.clock)
    async with lease(edges.store, edges.clock, message.tenant, f"publish {message.table}", lasting=settings.visibility):
        landed = await entries(ledger, message.tenant, entities, State.LANDED)
        for batch in batches(landed):
            with Duck(settings, f"{message.table}-{message.tenant}") as duck:
                run = Run(message.tenant, mappings.contract(message.table), duck, edges, settings, listen)
                await run.publish(batch, mappings, accept_deletes=message.accept_deletes)
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

    async def publish(self, batch: Sequence[Entry], mappings: Mappings, *, accept_deletes: bool = True) -> None:
        """Map, check and commit a batch."""
        began = time.monotonic()
        await self._map(batch, mappings)
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
        await self.duck.run(f"create table fresh as {sql.fresh(self.contract.key)}")
        await self.duck.run(f"create table graves as {' union all '.join(graves)}")

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
        twice = await self.duck.run(sql.twice(self.contract.key))
        if twice:
            raise BrokenKey(
                f"{self.tenant} {self.contract.table}: two records have the key {twice[0][0]}; nothing is published. "
                "Mend source_id in the mapping, then redrive this message."
            )

    async def _history(self) -> None:
        target = Target(
            f"{delta_table(self.tenant, self.contract.table)}_history", (*sql.columns(self.contract), *sql.HISTORY),
            self.contract.key, _VERSION,
        )  # fmt: skip
        publication = await self._open(target)
        await publication.find("told", f"(select {sql.name(self.contract.key)} as key from versions)")
        await self.duck.run(f"create table unseen as {sql.unseen(self.contract.key)}")
        if not await self.duck.one("select count(*) from unseen") and not self._empties(publication):
            return
        old = await publication.old_rows("told", "unseen")
        await self.duck.run(f"create table lives as {sql.history(self.contract, old)}")
        await self._swap(publication, "unseen", "lives")

    async def _decide(self) -> tuple[Publication, dict[str, int]]:
        """Find the published rows of this batch's keys and which of them change."""
        target = Target(
            delta_table(self.tenant, self.contract.table), sql.columns(self.contract), self.contract.key, _ROW
        )
        publication = await self._open(target)
        await publication.find("existing", "(select key from fresh union select key from graves)")
        await self.duck.run(f"create table changed as {sql.CHANGED}")
        return publication, await self._changes()

    async def _table(self, publication: Publication) -> None:
        """Swap in the rows that changed."""
        old = await publication.old_rows("existing", "(select key from changed where not takes)")
        await publication.touch("existing", "changed")
        await self.duck.run(f"create table final as {sql.final(self.contract, old)}")
        await self._swap(publication, "changed", "final")

    async def _changes(self) -> dict[str, int]:
        rows = await self.duck.run(
            "select count(*), count(*) filter (is_new), count(*) filter (not is_new and takes), "
            "count(*) filter (dies) from changed"
        )
        return dict(zip(("changed", "inserted", "updated", "deleted"), rows[0], strict=True))

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
        target = Target(
            f"{delta_table(self.tenant, self.contract.table)}_quarantine", sql.QUARANTINE, "quarantine_key",
            ("updated_at_source",),
        )  # fmt: skip
        publication = await self._open(target)
        broken = int(await self.duck.one("select count(*) from versions where _broken is not null"))
        if not broken and not publication.before.files:
            return 0
        await self.duck.run(f"create table judged as {sql.judged()}")
        await publication.find("held", "judged")
        await self.duck.run(f"create table shut as {sql.SHUT}")
        if await self.duck.one("select count(*) from shut") or self._empties(publication):
            await publication.old_rows("held", "shut")
            await self.duck.run(f"create table kept as {sql.quarantined(self.scans)}")
            await self._swap(publication, "shut", "kept")
        return int(await self.duck.one("select count(*) from judged where reason is not null"))

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

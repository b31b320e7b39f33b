"""The ledger over the store: every window's way, fenced.

An open window is an item `open#<start>#<end>`; a merged one moves to `merged#<start>#<end>#<run>`
in one transaction, so that what a worker reads each hour stays small however old the tenant is.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from avesa.core.coverage import Coverage
from avesa.core.ledger import Entry, Kind, State
from avesa.core.names import windows_partition
from avesa.core.windows import Window, text
from avesa.errors import Busy, Conflict, LeaseLost
from avesa.ports import Change, Clock, Delete, Item, Key, Put, Store

_TRIES = 25
_BATCH = 50


class Ledger:
    """All windows of all tenants."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def coverage(self, tenant: str, source: str, entity: str) -> Coverage | None:
        """What of an entity is planned and proven; None before its first plan."""
        item = await self._store.get(_coverage_key(tenant, source, entity))
        return None if item is None else _coverage(item)

    async def open(self, tenant: str, source: str, entity: str) -> list[Entry]:
        """The windows that are not merged yet, oldest first."""
        return await self._entries(tenant, source, entity, "open#")

    async def merged(self, tenant: str, source: str, entity: str, day: str = "") -> list[Entry]:
        """The windows that are merged, oldest first; with a day such as 2026-11-28, those that start on it."""
        return await self._entries(tenant, source, entity, f"merged#{day}")

    async def begin(self, tenant: str, source: str, entity: str, coverage: Coverage) -> Coverage:
        """Write an entity's first coverage; the one that is there already wins."""
        key = _coverage_key(tenant, source, entity)
        try:
            await self._store.commit([Put(key, msgspec.to_builtins(coverage), 0)])
        except Conflict:
            return await self.coverage(tenant, source, entity) or coverage
        return coverage

    async def extend(self, entry: Entry) -> bool:
        """Plan the next hourly window and move `planned_to` to its end; False if another planner was first."""
        item = await self._store.get(_coverage_key(entry.tenant, entry.source, entry.entity))
        if item is None or _coverage(item).planned_to >= entry.window.end:
            return False
        moved = _coverage(item).plan_to(entry.window.end)
        try:
            await self._store.commit([_put(entry, 0), Put(item.key, msgspec.to_builtins(moved), item.version)])
        except Conflict:
            return False
        return True

    async def reach_back(self, tenant: str, source: str, entity: str, origin: datetime) -> None:
        """Move an entity's origin back: a backfill asks for more than was planned at first."""
        for _ in range(_TRIES):
            item = await self._store.get(_coverage_key(tenant, source, entity))
            if item is None or _coverage(item).origin <= origin:
                return
            try:
                moved = replace(_coverage(item), origin=origin)
                await self._store.commit([Put(item.key, msgspec.to_builtins(moved), item.version)])
            except Conflict:
                continue
            return

    async def ensure(self, entries: Sequence[Entry]) -> None:
        """Plan windows; those that stand open already are left as they are."""
        for start in range(0, len(entries), _BATCH):
            batch = entries[start : start + _BATCH]
            try:
                await self._store.commit([_put(entry, 0) for entry in batch])
            except Conflict:
                await self._ensure_each(batch)

    async def queued(self, entries: Sequence[Entry]) -> None:
        """Remember that messages were sent for these windows."""
        for entry in entries:
            item = await self._store.get(_open_key(entry))
            if item is None or not _entry(item).claimable(self._clock()):
                continue
            try:
                sent = replace(_entry(item), queued_at=self._clock(), retry_at=None)
                await self._store.commit([_put(sent, item.version)])
            except Conflict:
                continue  # a worker took it meanwhile, so its message did arrive

    async def claim(self, entry: Entry, owner: str, lasting: float) -> Entry | None:
        """Take a window for `lasting` seconds; None if it needs no work. Busy while another worker has it."""
        item = await self._store.get(_open_key(entry))
        if item is None:
            return None
        found, now = _entry(item), self._clock()
        if found.state is State.PULLING and found.until is not None and found.until > now:
            raise Busy(f"{_name(entry)} is being pulled by another worker.", (found.until - now).total_seconds())
        if not found.claimable(now):
            return None
        claimed = found.claim(uuid.uuid4().hex, owner, now, timedelta(seconds=lasting))
        try:
            await self._store.commit([_put(claimed, item.version)])
        except Conflict:
            raise Busy(f"{_name(entry)} was just taken by another worker.", 5) from None
        return claimed

    async def renew(self, claim: Entry, lasting: float) -> None:
        """Hold a claim for `lasting` seconds more; LeaseLost if another worker has it now."""
        until = self._clock() + timedelta(seconds=lasting)
        await self._advance(claim, lambda entry: [replace(entry, until=until)])

    async def land(self, claim: Entry, *, counted: int, landed: int, hidden: int, parts: int) -> Entry:
        """Record that a window is in the lake and move the watermark, in one transaction (P2).

        A window without rows has nothing to merge and is done at once.
        """
        now = self._clock()
        entry = claim.land(counted=counted, landed=landed, hidden=hidden, parts=parts, now=now)
        for _ in range(_TRIES):
            item = await self._ours(claim)
            changes = [_put(entry, item.version)] if parts else _archive(item, entry.merge(now))
            covered = await self._store.get(_coverage_key(claim.tenant, claim.source, claim.entity))
            if covered is not None:
                proven = _coverage(covered).prove(claim.window, rows=landed, hidden=hidden, at=now)
                changes.append(Put(covered.key, msgspec.to_builtins(proven), covered.version))
            try:
                await self._store.commit(changes)
            except Conflict:
                continue
            return entry
        raise Conflict(f"{_name(claim)}: the watermark is being moved by too many workers at once.")

    async def split(self, claim: Entry) -> bool:
        """Put a window's halves in its place; False when it cannot be halved."""
        halves = claim.split()
        if halves is None:
            return False
        taken = {entry.window for entry in await self.open(claim.tenant, claim.source, claim.entity)}
        item = await self._ours(claim)
        fresh = [_put(half, 0) for half in halves if half.window not in taken]
        await self._store.commit([Delete(item.key, item.version), *fresh])
        return True

    async def stop(self, claim: Entry, state: State, reason: str) -> None:
        """Record that a window is partial or failed, and why; the watermark stays."""
        await self._advance(claim, lambda entry: [entry.stop(state, reason, self._clock())])

    async def give_back(self, claim: Entry) -> None:
        """Let another worker have it: this one stops or waits for the source."""
        await self._advance(claim, lambda entry: [entry.give_back()])

    async def merge(self, entries: Sequence[Entry]) -> None:
        """Record that landed windows are published."""
        for entry in entries:
            item = await self._store.get(_open_key(entry))
            if item is None or _entry(item).run != entry.run or _entry(item).state is not State.LANDED:
                continue  # merged already by the run before this one
            try:
                await self._store.commit(_archive(item, _entry(item).merge(self._clock())))
            except Conflict:
                continue  # another transform of the same table did the same

    async def _entries(self, tenant: str, source: str, entity: str, prefix: str) -> list[Entry]:
        items = await self._store.query("Windows", windows_partition(tenant, source, entity), prefix)
        return [_entry(item) for item in items]

    async def _ensure_each(self, batch: Sequence[Entry]) -> None:
        for entry in batch:
            try:
                await self._store.commit([_put(entry, 0)])
            except Conflict:
                continue  # it stands there already

    async def _ours(self, claim: Entry) -> Item:
        item = await self._store.get(_open_key(claim))
        if item is None or _entry(item).run != claim.run or _entry(item).state is not State.PULLING:
            raise LeaseLost(f"{_name(claim)} is with another worker now; what this one pulled is not used.")
        return item

    async def _advance(self, claim: Entry, change: Callable[[Entry], list[Entry]]) -> None:
        for _ in range(_TRIES):
            item = await self._ours(claim)
            try:
                await self._store.commit([_put(entry, item.version) for entry in change(_entry(item))])
            except Conflict:
                continue
            return
        raise Conflict(f"{_name(claim)} is being changed by too many workers at once.")


def again(tenant: str, source: str, entity: str, window: Window) -> Entry:
    """A window that somebody asks for, whether it was pulled before or not."""
    return Entry(tenant=tenant, source=source, entity=entity, window=window, kind=Kind.AGAIN)


def _name(entry: Entry) -> str:
    return f"{entry.tenant}/{entry.source} {entry.entity} {entry.window}"


def _open_key(entry: Entry) -> Key:
    partition = windows_partition(entry.tenant, entry.source, entry.entity)
    return Key("Windows", partition, f"open#{text(entry.window.start)}#{text(entry.window.end)}")


def _coverage_key(tenant: str, source: str, entity: str) -> Key:
    return Key("LastUpdated", f"{tenant}#{source}", entity)


def _put(entry: Entry, version: int) -> Put:
    return Put(_open_key(entry), msgspec.to_builtins(entry), version)


def _archive(item: Item, merged: Entry) -> list[Change]:
    key = replace(item.key, sort=f"{item.key.sort.replace('open#', 'merged#', 1)}#{merged.run}")
    return [Delete(item.key, item.version), Put(key, msgspec.to_builtins(merged), 0)]


def _entry(item: Item) -> Entry:
    return msgspec.convert(item.body, Entry)


def _coverage(item: Item) -> Coverage:
    return msgspec.convert(item.body, Coverage)

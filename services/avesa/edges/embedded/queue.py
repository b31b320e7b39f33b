"""A queue in SQLite: visibility timeouts, attempts, dead letters, and turns for each group."""

import asyncio
import sqlite3
import uuid
from collections.abc import Sequence

from avesa.edges.embedded.database import Database
from avesa.errors import LeaseLost
from avesa.ports import Clock, Delivery, Depth

_LOOK_EVERY = 0.1
_LONGEST_POLL = 1.0
_MOMENT = 30.0

# One message per group first, groups served longest ago first: one tenant's backfill does not hold up the others.
_DUE = """
with due as (
    select m.id, m.body, m.attempts, m.grp, coalesce(t.served, 0) as served,
           row_number() over (partition by m.grp order by m.rowid) as place
    from messages m left join turns t on t.queue = m.queue and t.grp = m.grp
    where m.queue = ? and m.dead = 0 and m.visible_at <= ?
)
select id, body, attempts, grp from due order by place, served, id limit ?
"""

_DEPTH = """
select count(*) filter (where not dead and visible_at <= case when receipt is null then ?3 else ?1 end),
       count(*) filter (where not dead and visible_at > ?1 and receipt is not null),
       count(*) filter (where dead)
from messages where queue = ?2
"""


class SqliteQueue:
    """One queue and its dead letters in the state file."""

    def __init__(self, database: Database, name: str, clock: Clock, *, visibility: float) -> None:
        self.name = name
        self._database = database
        self._clock = clock
        self._visibility = visibility

    async def send(self, bodies: Sequence[tuple[str, bytes]], delay: float = 0) -> None:
        """Add messages, visible after `delay` seconds."""
        at = self._now() + delay
        rows = [(uuid.uuid4().hex, self.name, group, body, at) for group, body in bodies]

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "insert into messages (id, queue, grp, body, visible_at) values (?, ?, ?, ?, ?)", rows
            )

        if rows:
            await self._database.write(work)

    async def receive(self, most: int, wait: float) -> list[Delivery]:
        """Take messages that are due, looking again for `wait` seconds, or for one: nobody waits longer on Ctrl-C."""
        looks = max(1, int(min(wait, _LONGEST_POLL) / _LOOK_EVERY))
        for look in range(looks):
            if await self._any_due() and (taken := await self._take(most)):
                return taken
            if look < looks - 1:
                await asyncio.sleep(_LOOK_EVERY)
        return []

    async def extend(self, delivery: Delivery, seconds: float) -> None:
        """Hide it for longer, or give it back."""
        changed = await self._execute(
            "update messages set visible_at = ? where id = ? and receipt = ? and dead = 0",
            (self._now() + seconds, delivery.id, delivery.receipt),
        )
        if not changed:
            raise LeaseLost(f"A message of {self.name} is with another worker now.")

    async def delete(self, delivery: Delivery) -> None:
        """Remove it; one that another worker has received since stays."""
        await self._execute("delete from messages where id = ? and receipt = ?", (delivery.id, delivery.receipt))

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Keep it as a dead letter with the reason; one that another worker has received since stays with that one."""
        await self._execute(
            "update messages set dead = 1, reason = ? where id = ? and receipt = ?",
            (reason, delivery.id, delivery.receipt),
        )

    async def depth(self) -> Depth:
        """Count what waits, is worked on, and is dead; what is delayed for longer than a moment does not wait yet."""

        def work(connection: sqlite3.Connection) -> Depth:
            rows = connection.execute(_DEPTH, (self._now(), self.name, self._now() + _MOMENT))
            return Depth(*rows.fetchone())

        return await self._database.read(work)

    async def dead(self, most: int = 100) -> list[Delivery]:
        """Look at dead letters."""

        def work(connection: sqlite3.Connection) -> list[Delivery]:
            rows = connection.execute(
                "select id, body, attempts, reason from messages where queue = ? and dead = 1 order by rowid limit ?",
                (self.name, most),
            )
            return [Delivery(id_, body, "", attempts, reason) for id_, body, attempts, reason in rows]

        return await self._database.read(work)

    async def redrive(self, ids: Sequence[str]) -> int:
        """Send dead letters again, their attempts forgotten."""
        return await self._each(
            "update messages set dead = 0, attempts = 0, reason = null, receipt = null, visible_at = 0", ids
        )

    async def discard(self, ids: Sequence[str]) -> int:
        """Remove dead letters."""
        return await self._each("delete from messages", ids)

    async def _each(self, statement: str, ids: Sequence[str]) -> int:
        if not ids:
            return await self._execute(f"{statement} where queue = ? and dead = 1", (self.name,))
        one = f"{statement} where queue = ? and dead = 1 and id = ?"
        return sum([await self._execute(one, (self.name, id_)) for id_ in ids])

    async def _any_due(self) -> bool:
        def work(connection: sqlite3.Connection) -> bool:
            found = connection.execute(
                "select 1 from messages where queue = ? and dead = 0 and visible_at <= ? limit 1",
                (self.name, self._now()),
            )
            return found.fetchone() is not None

        return await self._database.read(work)

    async def _take(self, most: int) -> list[Delivery]:
        now = self._now()

        def work(connection: sqlite3.Connection) -> list[Delivery]:
            taken = []
            for id_, body, attempts, group in connection.execute(_DUE, (self.name, now, most)).fetchall():
                receipt = uuid.uuid4().hex
                connection.execute(
                    "update messages set receipt = ?, attempts = ?, visible_at = ? where id = ?",
                    (receipt, attempts + 1, now + self._visibility, id_),
                )
                connection.execute("insert or replace into turns values (?, ?, ?)", (self.name, group, now))
                taken.append(Delivery(id_, body, receipt, attempts + 1))
            return taken

        return await self._database.write(work)

    async def _execute(self, statement: str, values: tuple[object, ...]) -> int:
        return await self._database.write(lambda connection: connection.execute(statement, values).rowcount)

    def _now(self) -> float:
        return self._clock().timestamp()

"""`/_world`: moves the clock, switches faults, tells the truth. No vendor has it; no client under test may ask it."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from simulator.site import Site
from simulator.world_truth import iso, plain, tombstone

encode = msgspec.json.encode


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """How far the clock moves."""

    hours: float = 0
    minutes: float = 0
    seconds: int = 0


class Switch(msgspec.Struct, forbid_unknown_fields=True):
    """A fault to turn on or off; `times` is how often it may strike."""

    name: str
    on: bool = True
    times: int | None = None


class Control:
    """The pages of `/_world`."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.world = site.world
        self.world.lateness = site.faults.lateness

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/_world/now", self.now),
            Route("/_world/advance", self.advance, methods=["POST"]),
            Route("/_world/fault", self.fault, methods=["POST"]),
            Route("/_world/requests", self.requests),
            Route("/_world/{table}", self.table),
            Route("/_world/{table}/history", self.history),
            Route("/_world/{table}/tombstones", self.tombstones),
        ]

    async def now(self, _: Request) -> Response:
        """The clock, and how many rows there are."""
        return _json(self.summary())

    def summary(self) -> dict[str, Any]:
        """Where the world stands."""
        rows = {name: len(table) for name, table in self.world.tables.items()}
        return {"now": iso(self.world.now), "rows": rows, "faults": self.site.faults.active}

    async def advance(self, request: Request) -> Response:
        """`{"hours": 1}`: move the clock and let things happen."""
        try:
            by = msgspec.json.decode(await request.body(), type=Advance)
        except msgspec.DecodeError as error:
            return _json({"error": str(error)}, 400)
        seconds = int(by.hours * 3600 + by.minutes * 60 + by.seconds)
        if seconds < 0:
            return _json({"error": "The clock moves forward only."}, 400)
        self.world.advance(seconds)
        return _json(self.summary())

    async def fault(self, request: Request) -> Response:
        """`{"name": "429", "on": true, "times": 3}`."""
        try:
            switch = msgspec.json.decode(await request.body(), type=Switch)
            self.site.faults.switch(switch.name, on=switch.on, times=switch.times)
        except msgspec.DecodeError as error:
            return _json({"error": str(error)}, 400)
        except KeyError:
            return _json({"error": f"No such fault; there are {', '.join(self.site.faults.table)}."}, 400)
        return _json({"faults": self.site.faults.active})

    async def requests(self, _: Request) -> Response:
        """What was asked: counts by path and status, times of the last ten thousand."""
        seen = self.site.requests
        counts = [{"path": path, "status": status, "count": n} for (path, status), n in sorted(seen.counts.items())]
        total = sum(seen.counts.values())
        return _json(
            {"total": total, "most_in_flight": seen.most_in_flight, "counts": counts, "times": list(seen.times)}
        )

    async def table(self, request: Request) -> Response:
        """Live rows by id, as a JSON array; soft-deleted companies are among them."""
        table = self.world.tables.get(request.path_params["table"])
        return _missing() if table is None else _list(plain(self.world, row) for row in table)

    async def history(self, request: Request) -> Response:
        """Every version in the order of commit, with `committed_at`; `since` bounds updated_at from below."""
        table = self.world.tables.get(request.path_params["table"])
        if table is None:
            return _missing()
        since = request.query_params.get("since")
        start = datetime.fromisoformat(since).timestamp() if since else 0
        return _list(
            {**plain(self.world, row), "committed_at": iso(at)}
            for row, at in zip(table.history, table.committed, strict=True)
            if row.updated_at >= start
        )

    async def tombstones(self, request: Request) -> Response:
        """Hard-deleted rows, with how they were last seen."""
        table = self.world.tables.get(request.path_params["table"])
        return _missing() if table is None else _list(tombstone(self.world, t) for t in table.tombstones.values())


def _json(value: Any, status: int = 200) -> Response:
    return Response(encode(value), status, media_type="application/json")


def _missing() -> Response:
    return _json({"error": "There is tickets, time_entries, companies and contacts."}, 404)


def _list(objects: Iterator[dict[str, Any]]) -> Response:
    return StreamingResponse(_array(objects), media_type="application/json")


def _array(objects: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """A JSON array in batches, one object a line."""
    before = b"[\n"
    while batch := list(islice(objects, 1000)):
        yield before + b",\n".join(map(encode, batch))
        before = b",\n"
    yield b"\n]\n" if before != b"[\n" else b"[]\n"

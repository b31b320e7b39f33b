"""ConnectWise's pages: list, one, count and search of a collection, with the faults that concern them."""

import gzip
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from random import Random

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from simulator.conditions import Condition
from simulator.connectwise_collection import Collection, Order, Query, without_keyset
from simulator.connectwise_conditions import parse
from simulator.connectwise_errors import JSON, Refused, bad_condition, not_found, timed_out
from simulator.connectwise_paging import MAX_SIZE, Paging, forward_link, page_link, paging
from simulator.site import Site

DENSE = 2000
"""Rows that the fault `timeout` does not allow in one list."""
CLAMPED = 100
FOREIGN = "https://na.other.example"


class Pages:
    """Answers for one collection."""

    def __init__(self, site: Site, collection: Collection) -> None:
        self.site = site
        self.collection = collection
        self.random = Random(site.world.seed)
        self.packed: dict[tuple[str, int], bytes] = {}

    async def one(self, request: Request) -> Response:
        """One record by id."""
        row_id = int(request.path_params["id"])
        if row_id not in self.collection.table.live:
            raise not_found(self.collection.resource, row_id)
        return answer(request, self.collection.records([row_id], lower(request).get("fields", ""))[0])

    async def count(self, request: Request) -> Response:
        """How many match."""
        query = self.filtered(request, query_of(lower(request)))
        return answer(request, msgspec.json.encode({"count": len(self.collection.select(query))}))

    async def listed(self, request: Request) -> Response:
        """One page."""
        return self.page(request, lower(request))

    async def search(self, request: Request) -> Response:
        """One page, with the conditions in the body."""
        try:
            body = msgspec.json.decode(await request.body(), type=dict[str, str | None])
        except msgspec.DecodeError as error:
            raise Refused(400, "InvalidObject", f"search object is invalid: {error}") from None
        return self.page(request, lower(request) | {name.lower(): text for name, text in body.items() if text})

    def page(self, request: Request, params: Mapping[str, str]) -> Response:
        """Select, cut, and link to the next page."""
        forward = request.headers.get("pagination-type", "").lower() == "forward-only"
        faults = self.site.faults
        asked = paging(params, forward=forward, most=CLAMPED if faults.on("clamp") else MAX_SIZE)
        query = self.filtered(request, query_of(params))
        self.disturb(request, query)
        ids = self.collection.select(query)
        if faults.on("timeout") and len(self.collection.select(unpaged(query))) > DENSE:
            return timed_out()
        if faults.strikes("repeat-page", key_of(request)):
            ids, asked = self.collection.select(unpaged(query)), replace(asked, page=1, after=0)
        return self.cut(request, params.get("fields", ""), ids, asked)

    def cut(self, request: Request, fields: str, ids: list[int], asked: Paging) -> Response:
        """The records of one page, and its Link header."""
        params = request.query_params.multi_items()
        host = FOREIGN if self.site.faults.on("foreign-links") else self.site.url
        url = host + request.url.path
        if asked.forward:
            start = bisect_right(ids, asked.after)
            here = ids[start : start + asked.size]
            more = len(ids) > start + len(here)
            link: str | None = forward_link(url, params, here[-1] if more else None)
        else:
            start = (asked.page - 1) * asked.size
            here = ids[start : start + asked.size]
            link = page_link(url, params, asked, len(ids))
        response = self.records(request, fields, here)
        if link is not None:
            response.headers["Link"] = link
        return response

    def records(self, request: Request, fields: str, ids: list[int]) -> Response:
        """A JSON array of records; pages are kept packed, known by their rows (which live as long as the world)."""
        rows = tuple(map(id, map(self.collection.table.live.__getitem__, ids)))
        key = (fields, hash((rows, self.site.faults.on("nul"))))
        packed = self.packed.get(key)
        if packed is None:
            packed = gzip.compress(b"[" + b",".join(self.collection.records(ids, fields)) + b"]", 1)
            if self.site.pages.take(len(packed)):
                self.packed[key] = packed
        if accepts_gzip(request):
            return answer(request, packed, packed=True)
        return answer(request, gzip.decompress(packed))

    def filtered(self, request: Request, query: Query) -> Query:
        """The query, unless the fault drops its filter."""
        dropped = query.condition is not None and self.site.faults.strikes("no-filter", key_of(request))
        return replace(query, condition=None) if dropped else query

    def disturb(self, request: Request, query: Query) -> None:
        """Change a row of the list asked for, as somebody might while pages are read."""
        name, faults = self.collection.table.name, self.site.faults
        if name not in self.site.world.tables:
            return
        edits = faults.strikes("edits", key_of(request))
        deletes = name != "companies" and faults.strikes("deletes", key_of(request))
        ids = self.collection.select(unpaged(query)) if edits or deletes else []
        if edits and ids:
            self.site.world.edit(name, self.random.choice(ids))
        if deletes and ids:
            self.site.world.delete(name, self.random.choice(ids))


def lower(request: Request) -> dict[str, str]:
    """Query parameters; their names are read without case."""
    return {name.lower(): text for name, text in request.query_params.multi_items()}


def query_of(params: Mapping[str, str]) -> Query:
    """Read the conditions and the order."""
    return Query(
        condition=_condition(params.get("conditions")),
        child=_condition(params.get("childconditions")),
        custom=_condition(params.get("customfieldconditions")),
        order=_order(params.get("orderby", "")),
    )


def _condition(text: str | None) -> Condition | None:
    return parse(text) if text and text.strip() else None


def _order(text: str) -> Order:
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, *way = part.split()
        if way and (len(way) > 1 or way[0].lower() not in {"asc", "desc"}):
            raise bad_condition(f"{part} is not a valid order.")
        found.append((name, bool(way) and way[0].lower() == "desc"))
    return () if [(name.lower(), down) for name, down in found] == [("id", False)] else tuple(found)


def unpaged(query: Query) -> Query:
    """The query of a whole walk: without the id its page starts behind."""
    return replace(query, condition=without_keyset(query.condition)[0])


def key_of(request: Request) -> str:
    """What faults count a request by."""
    return f"{request.url.path}?{request.url.query}"


def accepts_gzip(request: Request) -> bool:
    """Whether the client takes packed bodies."""
    return "gzip" in request.headers.get("accept-encoding", "")


def answer(request: Request, body: bytes, *, packed: bool = False) -> Response:
    """A good answer in the media type asked for."""
    wanted = request.headers.get("accept", "")
    media = wanted if wanted.startswith("application/vnd.connectwise.com+json") else JSON
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"} if packed else {}
    return Response(body, headers=headers, media_type=media)

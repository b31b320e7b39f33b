"""ConnectWise's two ways of paging, and its Link header as recorded: `page` last, %xx in small letters."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

from simulator.connectwise_errors import Refused, bad_condition

DEFAULT_SIZE = 25
MAX_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page was asked for."""

    size: int
    page: int = 1
    after: int = 0
    forward: bool = False
    """Forward-only: by pageId, always in the order of ids."""


def paging(params: Mapping[str, str], *, forward: bool, most: int) -> Paging:
    """Read page, pageSize and pageId; a size that is too large is silently cut. Refused: not a number."""
    size = _number(params, "pagesize", DEFAULT_SIZE)
    size = min(size if size > 0 else DEFAULT_SIZE, most)
    if not forward:
        return Paging(size, page=max(1, _number(params, "page", 1)))
    if params.get("orderby"):
        raise Refused(400, "InvalidParameter", "orderBy is not supported with forward-only pagination.")
    return Paging(size, after=_number(params, "pageid", 0), forward=True)


def _number(params: Mapping[str, str], name: str, otherwise: int) -> int:
    try:
        return int(params.get(name) or otherwise)
    except ValueError:
        raise bad_condition(f"{name} is not a number.") from None


def page_link(url: str, params: Sequence[tuple[str, str]], asked: Paging, total: int) -> str | None:
    """The navigable header: next and last, prev and first; None where all rows fit on one page."""
    last = max(1, -(-total // asked.size))
    turns = []
    if asked.page < last:
        turns += [("next", asked.page + 1), ("last", last)]
    if 1 < asked.page <= last:
        turns += [("prev", asked.page - 1), ("first", 1)]
    links = (f'<{address(url, params, "page", str(page))}>; rel="{name}"' for name, page in turns)
    return ", ".join(links) or None


def forward_link(url: str, params: Sequence[tuple[str, str]], last_id: int | None) -> str:
    """The forward-only header: there on every page, empty on the last."""
    return "" if last_id is None else f'<{address(url, params, "pageId", str(last_id))}>; rel="next"'


def address(url: str, params: Sequence[tuple[str, str]], turn: str, value: str) -> str:
    """The request's address with another page, which stands last."""
    kept = [(name, text) for name, text in params if name.lower() not in {"page", "pageid"}]
    return f"{url}?" + "&".join(f"{name}={_escaped(text)}" for name, text in [*kept, (turn, value)])


def _escaped(text: str) -> str:
    return re.sub("%..", lambda code: code[0].lower(), quote_plus(text, safe="!*()-._"))

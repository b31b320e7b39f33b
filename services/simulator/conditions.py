"""Conditions over a vendor's rows, and which stretch of a (stamp, id) index they can match."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Test = Callable[[Any], bool]
Key = tuple[str, str]

LAST = "\U0010ffff"
FIRST_KEY: Key = ("", "")
LAST_KEY: Key = (LAST, "")


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison: `op` is the vendor's own operator."""

    field: str
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class All:
    """True where every term is; no terms match everything."""

    terms: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class Some:
    """True where at least one term is."""

    terms: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True where the term is not."""

    term: "Condition"


Condition = Compare | All | Some | Not


def predicate(condition: Condition, leaf: Callable[[Compare], Test]) -> Test:
    """Make a predicate of a condition; `leaf` knows the vendor's comparisons."""
    match condition:
        case Compare():
            return leaf(condition)
        case Not(term):
            inner = predicate(term, leaf)
            return lambda row: not inner(row)
        case All(terms):
            tests = [predicate(term, leaf) for term in terms]
            return lambda row: all(test(row) for test in tests)
        case Some(terms):
            tests = [predicate(term, leaf) for term in terms]
            return lambda row: any(test(row) for test in tests)


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open stretch of index keys."""

    low: Key = FIRST_KEY
    high: Key = LAST_KEY

    def meet(self, other: "Span") -> "Span":
        """The keys of both."""
        return Span(max(self.low, other.low), min(self.high, other.high))


@dataclass(frozen=True, slots=True)
class Reach:
    """The spans that a condition can match; `exact` when every key in them does."""

    spans: tuple[Span, ...] = (Span(),)
    exact: bool = False


def reach(condition: Condition, stamp: str, key: str) -> Reach:
    """Find where in an index by (stamp, key) a condition's matches lie, in order and without overlap."""
    match condition:
        case Compare(field, op, value) if field == stamp and isinstance(value, str) and op in _STAMP_SPANS:
            return Reach((_STAMP_SPANS[op](value),), exact=True)
        case All(terms):
            return _reach_of_all(terms, stamp, key)
        case Some(terms):
            reaches = [reach(term, stamp, key) for term in terms]
            spans = _joined([span for part in reaches for span in part.spans])
            return Reach(spans, all(part.exact for part in reaches))
        case _:
            return Reach()


def _reach_of_all(terms: Sequence[Condition], stamp: str, key: str) -> Reach:
    found, ids = Reach(exact=True), []
    for term in terms:
        if isinstance(term, Compare) and term.field == key and term.op in _ID_SPANS and isinstance(term.value, str):
            ids.append(term)
            continue
        other = reach(term, stamp, key)
        met = tuple(span.meet(part) for span in found.spans for part in other.spans)
        found = Reach(tuple(span for span in met if span.low < span.high), found.exact and other.exact)
    if not ids:
        return found
    return Reach(tuple(_narrowed(span, ids) for span in found.spans), found.exact and all(map(_one_stamp, found.spans)))


def _one_stamp(span: Span) -> bool:
    return span.low[0] == span.high[0]


def _narrowed(span: Span, ids: Sequence[Compare]) -> Span:
    """Apply comparisons of the key, which bound an index stretch only within one stamp."""
    if not _one_stamp(span):
        return span
    for term in ids:
        low, high = _ID_SPANS[term.op](term.value)
        span = span.meet(Span((span.low[0], low), (span.low[0], high)))
    return span


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: span.low):
        if span.low >= span.high:
            continue
        if joined and span.low <= joined[-1].high:
            joined[-1] = Span(joined[-1].low, max(joined[-1].high, span.high))
        else:
            joined.append(span)
    return tuple(joined)


_STAMP_SPANS: dict[str, Callable[[str], Span]] = {
    "=": lambda value: Span((value, ""), (value, LAST)),
    ">": lambda value: Span((value, LAST)),
    ">=": lambda value: Span((value, "")),
    "<": lambda value: Span(FIRST_KEY, (value, "")),
    "<=": lambda value: Span(FIRST_KEY, (value, LAST)),
}
_ID_SPANS: dict[str, Callable[[str], tuple[str, str]]] = {
    "=": lambda value: (value, value + "\0"),
    ">": lambda value: (value + "\0", LAST),
    ">=": lambda value: (value, LAST),
    "<": lambda value: ("", value),
    "<=": lambda value: ("", value + "\0"),
}

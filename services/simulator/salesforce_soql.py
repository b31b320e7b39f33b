"""SOQL read into a `Select`; names are as written, bound to a schema by `salesforce_binding`.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simulator.conditions import All, Compare, Condition, Not, Some
from simulator.salesforce_errors import SalesforceError


@dataclass(frozen=True, slots=True)
class Aggregate:
    """COUNT(), COUNT(Id), MAX(SystemModstamp) with its alias; `field` is empty for COUNT()."""

    function: str
    field: str
    alias: str = ""


@dataclass(frozen=True, slots=True)
class SortKey:
    """One ORDER BY term."""

    field: str
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """A date-time literal in the form of REST values, in UTC."""

    text: str


@dataclass(frozen=True, slots=True)
class Day:
    """A date literal."""

    text: str


@dataclass(frozen=True, slots=True)
class Relative:
    """A named date such as LAST_N_DAYS:7."""

    name: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Select:
    """One SELECT; `fields` holds names, aggregates and child selects."""

    fields: tuple["str | Aggregate | Select", ...]
    source: str
    where: Condition = All()  # noqa: RUF009 - immutable
    group: tuple[str, ...] = ()
    order: tuple[SortKey, ...] = ()
    limit: int | None = None
    offset: int = 0
    all_rows: bool = False

    @property
    def counts_only(self) -> bool:
        """Whether it is SELECT COUNT(), which answers with totalSize alone."""
        return self.fields == (Aggregate("COUNT", ""),)


_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*')
    |(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    |(?P<day>\d{4}-\d\d-\d\d)
    |(?P<number>[+-]?\d+(?:\.\d+)?)
    |(?P<name>[A-Za-z_][\w.]*(?::\d+)?)
    |(?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)
    |(?P<end>$)|(?P<wrong>.))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_AGGREGATES = {"COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG", "FIELDS"}
_STOPS = {"FROM", "WHERE", "ORDER", "GROUP", "LIMIT", "OFFSET", "ALL", "WITH", "FOR", "HAVING", "USING"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the query and where it stands."""

    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        """The text as a keyword."""
        return self.text.upper() if self.kind == "name" else self.text


def parse(text: str) -> Select:
    """Read a query; raises MALFORMED_QUERY with the place of the mistake."""
    reader = _Reader(text)
    select = reader.select()
    if reader.now.kind != "end":
        raise reader.unexpected()
    return select


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while found := _TOKEN.match(text, at):
        kind = str(found.lastgroup)
        yield Token(kind, found[kind], found.start(kind))
        if kind == "end":
            return
        at = found.end()


class _Reader:
    """A recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0

    @property
    def now(self) -> Token:
        return self._tokens[self._at]

    def unexpected(self) -> SalesforceError:
        shown = "<EOF>" if self.now.kind == "end" else self.now.text
        before = self._text[: self.now.at]
        row, column = before.count("\n") + 1, self.now.at - (before.rfind("\n") + 1) + 1
        where = f"\n{self._text}\n{' ' * (column - 1)}^\nERROR at Row:{row}:Column:{column}"
        return SalesforceError(400, "MALFORMED_QUERY", f"{where}\nunexpected token: '{shown}'")

    def take(self) -> Token:
        token = self.now
        if token.kind == "end":
            raise self.unexpected()
        self._at += 1
        return token

    def accept(self, *words: str) -> bool:
        """Take these words if they come next."""
        coming = [token.word for token in self._tokens[self._at : self._at + len(words)]]
        if coming != list(words):
            return False
        self._at += len(words)
        return True

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            raise self.unexpected()

    def name(self) -> str:
        if self.now.kind != "name":
            raise self.unexpected()
        return self.take().text

    def number(self) -> int:
        if self.now.kind != "number" or not self.now.text.isdigit():
            raise self.unexpected()
        return int(self.take().text)

    def select(self) -> Select:
        self.expect("SELECT")
        fields = self.separated(self.selected)
        self.expect("FROM")
        source = self.name()
        if self.now.kind == "name" and self.now.word not in _STOPS:
            self.take()  # an alias; prefixed fields are not offered
        where = self.condition() if self.accept("WHERE") else All()
        while self.accept("WITH"):
            self.name()
        group = self.separated(self.name) if self.accept("GROUP", "BY") else ()
        order = self.separated(self.sort_key) if self.accept("ORDER", "BY") else ()
        limit = self.number() if self.accept("LIMIT") else None
        offset = self.number() if self.accept("OFFSET") else 0
        if self.accept("FOR"):
            self.name()
        return Select(fields, source, where, group, order, limit, offset, self.accept("ALL", "ROWS"))

    def separated(self, one: Any) -> tuple[Any, ...]:
        found = [one()]
        while self.accept(","):
            found.append(one())
        return tuple(found)

    def selected(self) -> "str | Aggregate | Select":
        if self.accept("("):
            child = self.select()
            self.expect(")")
            return child
        name = self.name()
        if name.upper() not in _AGGREGATES or not self.accept("("):
            return name
        field = "" if self.now.text == ")" else self.name()
        self.expect(")")
        alias = self.name() if self.now.kind == "name" and self.now.word not in _STOPS else ""
        return Aggregate(name.upper(), field, alias)

    def sort_key(self) -> SortKey:
        field = self.name()
        descending = self.accept("DESC")
        if not descending:
            self.accept("ASC")
        last = self.accept("NULLS", "LAST")
        if not last:
            self.accept("NULLS", "FIRST")
        return SortKey(field, descending, last)

    def condition(self) -> Condition:
        first = self.term()
        for word, group in (("AND", All), ("OR", Some)):
            if self.now.word == word:
                terms = [first]
                while self.accept(word):
                    terms.append(self.term())
                if self.now.word in {"AND", "OR"}:
                    raise self.unexpected()  # the vendor wants parentheses too
                return group(tuple(terms))
        return first

    def term(self) -> Condition:
        if self.accept("NOT"):
            return Not(self.term())
        if self.accept("("):
            inner = self.condition()
            self.expect(")")
            return inner
        return self.comparison()

    def comparison(self) -> Condition:
        field = self.name()
        if self.accept("NOT", "IN"):
            return Compare(field, "NOT IN", self.listed())
        op = self.take().word
        if op in {"IN", "INCLUDES", "EXCLUDES"}:
            return Compare(field, op, self.listed())
        if op not in {"=", "!=", "<>", "<", "<=", ">", ">=", "LIKE"}:
            self._at -= 1
            raise self.unexpected()
        return Compare(field, "!=" if op == "<>" else op, self.value())

    def listed(self) -> Any:
        self.expect("(")
        inner = self.select() if self.now.word == "SELECT" else self.separated(self.value)
        self.expect(")")
        return inner

    def value(self) -> Any:
        token = self.take()
        match token.kind:
            case "text":
                return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), token.text[1:-1])
            case "moment":
                return Moment(token.text)
            case "day":
                return Day(token.text)
            case "number":
                return float(token.text) if "." in token.text else int(token.text)
            case "name" if token.word in {"TRUE", "FALSE", "NULL"}:
                return {"TRUE": True, "FALSE": False, "NULL": None}[token.word]
            case "name":
                name, _, count = token.word.partition(":")
                return Relative(name, int(count or 0))
        self._at -= 1
        raise self.unexpected()

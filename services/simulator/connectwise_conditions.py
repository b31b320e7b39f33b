"""ConnectWise's conditions: `board/name = "Help Desk" AND (closedFlag = False OR lastUpdated > [2026-03-01])`.

Grammar, case-insensitive: comparisons joined by AND and OR with parentheses; operators
`= != < <= > >= contains like in`, with `not` before the last three; values are "text" or 'text',
numbers, True, False, null and [dates], read as UTC.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.conditions import All, Compare, Condition, Not, Some
from simulator.connectwise_errors import Refused, bad_condition

TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<moment>\[[^\]]*\])
    | (?P<number>-?\d+(?:\.\d+)?(?![\w/]))
    | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)
    | (?P<word>[A-Za-z_][\w/.-]*)
    )""",
    re.VERBOSE,
)
SIGNS = {"=", "!=", "<", "<=", ">", ">="}
WORDS = {"contains", "like", "in"}
CONSTANTS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A point in time, seconds since 1970 UTC."""

    seconds: float


def parse(text: str) -> Condition:
    """Read a condition. Refused: it has a mistake."""
    return _Parser(text).whole()


def moment(text: str) -> Moment:
    """`[2026-03-01T00:00:00Z]` or `[2026-03-01]`; without an offset it is UTC."""
    try:
        found = datetime.fromisoformat(text.strip("[] ").replace("z", "Z"))
    except ValueError:
        raise bad_condition(f"{text} is not a valid date.") from None
    return Moment(found.replace(tzinfo=found.tzinfo or UTC).timestamp())


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.place = 0

    def whole(self) -> Condition:
        found = self.either()
        if self.peek():
            raise bad_condition(f"Unexpected {self.peek()} in the conditions.")
        return found

    def peek(self) -> str:
        return self.tokens[self.place][1] if self.place < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        if self.place >= len(self.tokens):
            raise bad_condition("The conditions end too early.")
        self.place += 1
        return self.tokens[self.place - 1]

    def accepts(self, word: str) -> bool:
        if self.peek().lower() != word:
            return False
        self.place += 1
        return True

    def either(self) -> Condition:
        terms = [self.every()]
        while self.accepts("or"):
            terms.append(self.every())
        return terms[0] if len(terms) == 1 else Some(tuple(terms))

    def every(self) -> Condition:
        terms = [self.term()]
        while self.accepts("and"):
            terms.append(self.term())
        return terms[0] if len(terms) == 1 else All(tuple(terms))

    def term(self) -> Condition:
        if self.accepts("not"):
            return Not(self.term())
        if self.accepts("("):
            inner = self.either()
            if not self.accepts(")"):
                raise bad_condition("A parenthesis is not closed.")
            return inner
        return self.comparison()

    def comparison(self) -> Condition:
        kind, name = self.take()
        if kind != "word":
            raise bad_condition(f"{name} is not a recognized name.")
        negated = self.accepts("not")
        op = self.operator(negated=negated)
        found = Compare(name, op, self.options() if op == "in" else self.value())
        return Not(found) if negated else found

    def operator(self, *, negated: bool) -> str:
        op = self.take()[1].lower().replace("<>", "!=")
        if op not in WORDS and (negated or op not in SIGNS):
            raise bad_condition(f"{op} is not a recognized operator.")
        return op

    def options(self) -> tuple[Any, ...]:
        if not self.accepts("("):
            raise bad_condition("in wants a list in parentheses.")
        found = [self.value()]
        while self.accepts(","):
            found.append(self.value())
        if not self.accepts(")"):
            raise bad_condition("A parenthesis is not closed.")
        return tuple(found)

    def value(self) -> Any:
        kind, text = self.take()
        match kind:
            case "text":
                return re.sub(r"\\(.)", r"\1", text[1:-1])
            case "moment":
                return moment(text)
            case "number":
                return float(text)
            case "word" if text.lower() in CONSTANTS:
                return CONSTANTS[text.lower()]
        raise bad_condition(f"{text} is not a recognized value.")


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place, text = [], 0, text.rstrip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise _unreadable(text[place:])
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    if not found:
        raise bad_condition("The conditions are empty.")
    return found


def _unreadable(rest: str) -> Refused:
    return bad_condition(f"The conditions cannot be read from {rest[:40]!r} on.")

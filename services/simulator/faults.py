"""What can go wrong, one line each, and when it does: seeded, and bounded so that whoever retries gets through."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble; it strikes a request at `rate`, at most `in_a_row` times for the same request."""

    means: str
    rate: float = 1.0
    in_a_row: int | None = None
    """None: every time while it is on."""


FAULTS: dict[str, Fault] = {
    "429": Fault("too many requests, with Retry-After: 1", 0.15, 2),
    "429-bare": Fault("too many requests, no Retry-After", 0.15, 2),
    "500": Fault("an error of the server, in the vendor's words", 0.1, 2),
    "503": Fault("an HTML page with status 503", 0.1, 2),
    "hang": Fault("no answer within two minutes", 0.02, 1),
    "cut": Fault("the body ends in the middle", 0.1, 2),
    "html": Fault("an HTML page with status 200", 0.1, 2),
    "no-filter": Fault("a list ignores its filter (ConnectWise conditions)", 0.2, 2),
    "repeat-page": Fault("a later page repeats the first one's rows", 0.2, 2),
    "late": Fault("some changes become visible up to five minutes after their stamp", 0.2),
    "edits": Fault("a row of the list asked for is edited before the answer", 0.3),
    "deletes": Fault("a row of the list asked for is hard-deleted before the answer", 0.1),
    "skew": Fault("the Date header is four minutes ahead of the world's clock"),
    "nul": Fault("some texts hold a NUL character"),
    "clamp": Fault("no page holds more than 100 rows, whatever was asked"),
    "timeout": Fault("a list of more than 2,000 rows times out (500)"),
    "forbidden": Fault("the API member lacks the right to read (403)"),
    "unauthorized": Fault("the key is wrong (401)"),
    "foreign-links": Fault("links to the next page name another host"),
    "acl": Fault("row rules hide some rows after the page is cut (ServiceNow)"),
    "late-error": Fault("a page ends early with an error inside its 200 (ServiceNow)", 0.15, 2),
    "session-overflow": Fault("202 with an empty body for a reused session (ServiceNow)", 0.2, 2),
    "unordered": Fault("a list without ORDERBY comes in another order each time (ServiceNow)"),
    "no-audit": Fault("the audit of deletes may not be read (ServiceNow)"),
    "strict-query": Fault("an invalid part of a query gives no rows: glide.invalid_query.returns_no_rows (ServiceNow)"),
    "task-classes": Fault("some tickets are requests, changes or problems (ServiceNow)"),
    "time-cards": Fault("the plugin of time_card is there (ServiceNow)"),
    "expired-token": Fault("the session is ended before its time", 0.05, 1),
    "field-service": Fault("time entries are TimeSheetEntry rows of WorkOrders (Salesforce)"),
    "rotate-tokens": Fault("each refresh token works once (Salesforce)"),
    "hidden-field": Fault("field-level security hides Case.Origin, Account.Website, Contact.Email (Salesforce)"),
    "request-limit": Fault("the day's API requests are spent: REQUEST_LIMIT_EXCEEDED (Salesforce)", 0.1, 2),
    "query-timeout": Fault("a query of more than 2,000 rows runs for too long: QUERY_TIMEOUT (Salesforce)"),
    "lost-cursor": Fault("a query locator is no longer known (Salesforce)", 0.1, 1),
    "bulk-limit": Fault("the day's query jobs are spent (Salesforce)"),
    "job-fails": Fault("a Bulk job ends as Failed (Salesforce)", 0.3, 1),
    "codebase-moved": Fault("the instance was upgraded: the former codebase is gone (404)"),
}


class Faults:
    """Which faults are on, and whether one strikes now."""

    def __init__(self, seed: int = 1, on: tuple[str, ...] = (), table: Mapping[str, Fault] = FAULTS) -> None:
        self.table = table
        self.seed = seed
        self._left: dict[str, int | None] = {}
        self._random: dict[str, Random] = {}
        self._row: dict[tuple[str, str], int] = {}
        for name in on:
            self.switch(name, on=True)

    def switch(self, name: str, *, on: bool, times: int | None = None) -> None:
        """Turn a fault on, for some strikes or until turned off. KeyError: there is no such fault."""
        self.table[name]
        if on:
            self._left[name] = times
            self._random[name] = Random(f"{self.seed}/{name}")
        else:
            self._left.pop(name, None)

    def on(self, name: str) -> bool:
        """Whether the fault is on and has strikes left."""
        return self._left.get(name, 0) != 0

    @property
    def active(self) -> dict[str, int | None]:
        """The faults that are on, with the strikes left (None = no end)."""
        return {name: left for name, left in self._left.items() if left != 0}

    def strikes(self, name: str, request: str = "") -> bool:
        """Whether the fault strikes this request."""
        if not self.on(name):
            return False
        fault, streak = self.table[name], self._row.pop((name, request), 0)
        if fault.in_a_row is not None and streak >= fault.in_a_row:
            return False
        if self._random[name].random() >= fault.rate:
            return False
        self._row[name, request] = streak + 1
        left = self._left[name]
        self._left[name] = None if left is None else left - 1
        return True

    def lateness(self) -> int:
        """Seconds until a change becomes visible."""
        return self._random["late"].randint(20, 300) if self.strikes("late") else 0

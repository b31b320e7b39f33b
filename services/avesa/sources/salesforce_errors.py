"""What Salesforce's answers mean: a list of errors with codes, pages of an edge, and a header of limits.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
"""

import re

import msgspec

from avesa.core.entity import Entity
from avesa.errors import AvesaError, Park, Reject, SignedOut, SlowDown, SourceUnavailable, Split
from avesa.sources.dialect import Limits, Response

_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")
"""Matches the org's use and the connected app's own: `api-usage=18/15000, per-app-api-usage=17/250(appName=x)`."""

_DAY_SPENT, _TOO_MANY_AT_ONCE = 900.0, 30.0

_MEANINGS: dict[str, type[AvesaError]] = {
    "INVALID_SESSION_ID": SignedOut,
    "INVALID_AUTH_HEADER": SignedOut,
    "QUERY_TIMEOUT": Split,
    "EXCEEDED_ID_LIMIT": Split,
    "OPERATION_TOO_LARGE": Split,
    "SERVER_UNAVAILABLE": SourceUnavailable,
    "UNKNOWN_EXCEPTION": SourceUnavailable,
    "INVALID_TYPE": Park,
    "API_DISABLED_FOR_ORG": Park,
    "FUNCTIONALITY_NOT_ENABLED": Park,
    "INSUFFICIENT_ACCESS": Park,
    "INVALID_FIELD": Reject,
    "MALFORMED_QUERY": Reject,
    "INVALID_QUERY_LOCATOR": Reject,
}
_STATUSES: dict[int, type[AvesaError]] = {
    401: SignedOut,
    403: Park,
    406: SourceUnavailable,
    408: SourceUnavailable,
    420: SourceUnavailable,
}


class _Error(msgspec.Struct):
    errorCode: str = ""  # noqa: N815  the vendor's spelling
    message: str = ""


def judge(response: Response) -> None:
    """Return for a good answer; otherwise raise what happens next."""
    page = "html" in response.headers.get("content-type", "")
    if response.status < 300 and not page:
        return
    code, message = told(response)
    words = f"Salesforce answered {response.status} {code}: {message or 'no reason given'}"
    if code == "REQUEST_LIMIT_EXCEEDED":
        raise SlowDown(words, _TOO_MANY_AT_ONCE if "Concurrent" in message else _DAY_SPENT)
    if response.status == 429:
        after = response.headers.get("retry-after", "")
        raise SlowDown(words, float(after) if after.isdigit() else _TOO_MANY_AT_ONCE)
    if not code and (page or response.status >= 500):
        raise SourceUnavailable(f"Salesforce answered {response.status} with a page instead of data.")
    raise _meaning(response.status, code)(words)


def _meaning(status: int, code: str) -> type[AvesaError]:
    return _MEANINGS.get(code) or _STATUSES.get(status) or (SourceUnavailable if status >= 500 else Reject)


def told(response: Response) -> tuple[str, str]:
    """The first error's code and message, on one line; empty where there is none."""
    try:
        first = msgspec.json.decode(response.body, type=list[_Error])[0]
    except (msgspec.DecodeError, IndexError):
        return "", ""
    return first.errorCode, " ".join(first.message.split())


def usable(response: Response, entity: Entity) -> bool:
    """Whether there is something to read: False for an optional object that is not there; raises if it must be."""
    code, _ = told(response)
    if code not in {"INVALID_TYPE", "NOT_FOUND"}:
        judge(response)
        return True
    if entity.optional:
        return False
    raise Park(
        f"Salesforce shows this user no object {entity.collection}: give its permission set read access (View All) "
        f"to it, or mark {entity.name} as optional in mappings/salesforce.yaml."
    )


def limits(response: Response) -> Limits:
    """The tightest of the daily allowances in Sforce-Limit-Info (T22)."""
    pairs = [(int(most) - int(used), int(most)) for used, most in _USAGE.findall(_header(response))]
    if not pairs:
        return Limits()
    left, most = min(pairs)
    return Limits(day_left=max(0, left), day_max=most)


def _header(response: Response) -> str:
    return response.headers.get("sforce-limit-info", "")

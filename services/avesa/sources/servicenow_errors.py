"""What ServiceNow's answers mean: an envelope of `error`, HTML with any status, two kinds of 429.

https://www.servicenow.com/docs/bundle/api-reference/page/integrate/inbound-rest/concept/inbound-REST-API-rate-limiting.html
"""

from email.utils import parsedate_to_datetime

import msgspec

from avesa.core.entity import Entity
from avesa.errors import AvesaError, Park, Reject, SignedOut, SlowDown, SourceUnavailable, Split
from avesa.sources.dialect import Response

SEMAPHORE_WAIT = 10.0
"""Seconds to wait after a 429 without rate headers: the node's few API threads are taken."""


class _Told(msgspec.Struct):
    message: str = ""
    detail: str | None = None


class _Failure(msgspec.Struct):
    error: _Told


def judge(response: Response) -> None:
    """Return for a JSON object with status 200; otherwise raise what happens next."""
    if response.status == 200 and response.body.lstrip()[:1] == b"{":
        return
    raise _meaning(response)


def total(response: Response) -> int:
    """Read how many rows matched, before rights hid any."""
    written = response.headers.get("x-total-count", "")
    if not written.isdigit():
        raise SourceUnavailable("ServiceNow answered without X-Total-Count, so the window cannot be proven.")
    return int(written)


def absent(response: Response) -> bool:
    """Whether the table is not there for this user: no such table, its plugin is off, or no right to it."""
    if response.status == 403:
        return True
    return response.status in {400, 404} and ("Invalid table" in told(response) or "does not exist" in told(response))


def usable(response: Response, entity: Entity) -> bool:
    """Whether there is something to read: False for an optional table that is not there; raises if it must be."""
    if absent(response) and entity.optional:
        return False
    if absent(response) and response.status != 403:
        raise Reject(
            f"ServiceNow has no table {entity.collection}: activate its plugin, "
            f"or mark {entity.name} as optional in mappings/servicenow.yaml."
        )
    if absent(response):
        raise Park(
            f"ServiceNow does not let the integration user read {entity.collection} ({told(response)}): "
            "give it a role with read rights, then resume."
        )
    judge(response)
    return True


def told(response: Response) -> str:
    """The vendor's own words: message and detail, or nothing."""
    try:
        failure = msgspec.json.decode(response.body, type=_Failure).error
    except msgspec.DecodeError:
        return ""
    return f"{failure.message} {failure.detail or ''}".strip()


def _meaning(response: Response) -> AvesaError:
    match response.status:
        case 401:
            return SignedOut("ServiceNow says that the user is not authenticated.")
        case 403:
            return Park(f"ServiceNow does not let the integration user do this ({told(response)}): give it the role.")
        case 429:
            return SlowDown(f"ServiceNow asks to slow down ({told(response)}).", _wait(response))
        case 408 | 504:
            return Split("ServiceNow took too long for this window.")
        case status if status in {200, 202} or status >= 500:
            return SourceUnavailable(f"ServiceNow answered {status} with something else than a result.")
        case status:
            return Reject(f"ServiceNow refuses the request with {status}: {told(response) or 'no reason given'}.")


def _wait(response: Response) -> float:
    """Seconds until the rule's hour ends; short where no rule is named, since then threads are short."""
    after = response.headers.get("retry-after", "")
    if after.isdigit():
        return float(after)
    reset, date = response.headers.get("x-ratelimit-reset", ""), response.headers.get("date", "")
    if reset.isdigit() and date:
        return max(1.0, int(reset) - parsedate_to_datetime(date).timestamp())
    return SEMAPHORE_WAIT

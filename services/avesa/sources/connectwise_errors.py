"""What ConnectWise's bad answers mean for a message.

https://developer.connectwise.com/Best_Practices/PSA_API_Requests (status codes)
"""

from typing import Any

import msgspec

from avesa.errors import AvesaError, Park, Reject, SignedOut, SlowDown, SourceUnavailable, Split
from avesa.sources.dialect import Response

PATIENCE = 60.0
"""Seconds to wait after a 429 that does not say how long."""


def judge(response: Response) -> None:
    """Return for a good answer; raise what happens next for any other."""
    if response.status == 200:
        if response.path is None and response.body.lstrip()[:1] == b"<":
            raise SourceUnavailable("ConnectWise answered 200 with a page for people instead of JSON.")
        return
    raise _meaning(response, *_said(response))


def _meaning(response: Response, code: str, message: str) -> AvesaError:
    why = message or code or "no reason given"
    meaning: AvesaError
    match response.status:
        case 401:
            meaning = SignedOut(f"ConnectWise refuses the API keys ({why}).")
        case 404 if code != "NotFound":
            # An upgrade moves the code base; on the cloud wrong keys are a 404 too.
            meaning = SignedOut("ConnectWise does not know the endpoint: was the site upgraded, or are the keys wrong?")
        case 403 if code == "Security":
            meaning = Reject(f"ConnectWise: {message} Give the API member's role inquire rights on it.")
        case 403:
            meaning = Park("ConnectWise refuses the request (403): is the clientId right and registered?")
        case 429:
            wait = retry_after(response)
            meaning = SlowDown("ConnectWise asks to slow down (429).", PATIENCE if wait is None else wait)
        case 500 if "timeout" in message.lower():
            meaning = Split("ConnectWise ran into its own timeout over this window.")
        case 400 | 404 | 405 | 409 | 415:
            meaning = Reject(f"ConnectWise refuses the request ({response.status} {code}): {message}")
        case status:
            meaning = SourceUnavailable(f"ConnectWise answered {status} ({why}).")
    return meaning


def retry_after(response: Response) -> float | None:
    """Seconds from Retry-After, None without one that is a number."""
    written = response.headers.get("retry-after", "")
    return float(written) if written.isdigit() else None


def _said(response: Response) -> tuple[str, str]:
    try:
        said: Any = msgspec.json.decode(response.body)
    except msgspec.DecodeError:
        return "", ""
    if not isinstance(said, dict):
        return "", ""
    first: Any = next(iter(said.get("errors") or []), {})
    detail = first.get("message", "") if isinstance(first, dict) else ""
    return str(said.get("code", said.get("error", ""))), " ".join(
        filter(None, (str(said.get("message", "")), str(detail)))
    )

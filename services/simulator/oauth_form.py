"""The form of an OAuth token request, its client named in the body or by Basic authorization."""

import base64
import binascii
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request


async def token_form(request: Request) -> dict[str, str]:
    """Fields of the request; RFC 6749, section 2.3.1, lets a client name itself in a header."""
    form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(rest).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return form
        form = {"client_id": unquote_plus(name), "client_secret": unquote_plus(secret), **form}
    return form

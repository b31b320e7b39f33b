"""Signing in to Salesforce: refresh token, JWT bearer, or client credentials, chosen by what the credential holds.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flows.htm
"""

from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urlsplit

import jwt
import msgspec

from avesa.errors import Park, SlowDown, SourceUnavailable
from avesa.sources.dialect import Field, Flow, Request, Response, Secret, Session
from avesa.sources.salesforce_errors import judge

API_VERSION = "62.0"
LOGIN = "https://login.salesforce.com"
FIELDS = (
    Field("url", "My Domain, such as https://acme.my.salesforce.com"),
    Field("client_id", "consumer key of the connected app"),
    Field("client_secret", "consumer secret", secret=True, required=False),
    Field("username", "user that a JWT is signed for", required=False),
    Field("private_key", "PEM key that signs the JWT", secret=True, required=False),
    Field("refresh_token", "refresh token", secret=True, required=False),
    Field("login_url", "audience of a JWT; a sandbox's is https://test.salesforce.com", required=False, default=LOGIN),
    Field("api_version", "REST API version", required=False, default=API_VERSION),
)

_ASSERTED_FOR = 180
"""Seconds that a JWT is good for; Salesforce takes no more than five minutes."""


class _Token(msgspec.Struct):
    access_token: str
    instance_url: str
    refresh_token: str = ""


class _Refusal(msgspec.Struct):
    error: str = ""
    error_description: str = ""


def sign_in(secret: Secret) -> Flow[Session]:
    """Get a token; it tells no end, so INVALID_SESSION_ID does. A rotated refresh token is to be kept."""
    grant = yield from _grant(secret)
    answer = yield Request(
        "POST", f"{_url(secret)}/services/oauth2/token", signed=False, judged=False,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        body=urlencode(grant).encode(),
    )  # fmt: skip
    token = _token(answer)
    old = secret.get("refresh_token", "")
    keep = {"refresh_token": token.refresh_token} if old and token.refresh_token not in {"", old} else None
    headers = {"Authorization": f"Bearer {token.access_token}", "Accept": "application/json"}
    detail = {"version": secret.get("api_version") or API_VERSION}
    return Session(token.instance_url.rstrip("/"), headers, detail=detail, keep=keep)


def data(session: Session, path: str) -> str:
    """The URL of a REST resource in the session's API version."""
    return f"{session.base_url}/services/data/v{session.detail['version']}/{path}"


def _url(secret: Secret) -> str:
    return secret["url"].rstrip("/")


def _grant(secret: Secret) -> Flow[dict[str, str]]:
    client = {"client_id": secret["client_id"], "client_secret": secret.get("client_secret", "")}
    if secret.get("refresh_token"):
        return {"grant_type": "refresh_token", "refresh_token": secret["refresh_token"], **client}
    if secret.get("private_key"):
        now = yield from _salesforce_time(secret)
        return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": _assertion(secret, now)}
    if urlsplit(secret["url"]).hostname in {"login.salesforce.com", "test.salesforce.com"}:
        raise Park(
            "Salesforce grants client credentials on the org's My Domain only: give its URL, not the login host."
        )
    return {"grant_type": "client_credentials", **client}


def _salesforce_time(secret: Secret) -> Flow[int]:
    """Take the time of issue from the list of versions, open to all: its clock is the one that will judge it (T18)."""
    answer = yield Request("GET", f"{_url(secret)}/services/data/", signed=False, judged=False)
    if "date" not in answer.headers:
        raise SourceUnavailable("Salesforce answered without a Date, which a JWT is issued by.")
    return int(parsedate_to_datetime(answer.headers["date"]).timestamp())


def _assertion(secret: Secret, now: int) -> str:
    claims = {
        "iss": secret["client_id"],
        "sub": secret.get("username", ""),
        "aud": (secret.get("login_url") or LOGIN).rstrip("/"),
        "exp": now + _ASSERTED_FOR,
    }
    try:
        return jwt.encode(claims, secret["private_key"], algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError):
        raise Park("The Salesforce credential's private_key is no RSA key in PEM form: store it anew.") from None


def _token(answer: Response) -> _Token:
    if 400 <= answer.status < 404:
        raise _refused(answer)
    judge(answer)
    try:
        return msgspec.json.decode(answer.body, type=_Token)
    except msgspec.DecodeError:
        raise SourceUnavailable("Salesforce's token endpoint answered without a token.") from None


def _refused(answer: Response) -> Park | SlowDown | SourceUnavailable:
    try:
        refusal = msgspec.json.decode(answer.body, type=_Refusal)
    except msgspec.DecodeError:
        return SourceUnavailable(f"Salesforce's token endpoint answered {answer.status} without a reason.")
    if "rate" in refusal.error_description:
        return SlowDown("Salesforce takes no more sign-ins for now.", 300.0)
    return Park(
        f"Salesforce refuses the credential ({refusal.error}: {refusal.error_description}): "
        "look at the connected app and its policies, and store a new credential."
    )

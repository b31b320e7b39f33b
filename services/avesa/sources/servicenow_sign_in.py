"""Signing in to ServiceNow: Basic, or a token of its OAuth endpoint, form-encoded.

https://www.servicenow.com/docs/bundle/platform-security/page/administer/security/reference/r_OAuthAPIRequestParameters.html
"""

from base64 import b64encode
from urllib.parse import urlencode

import msgspec

from avesa.errors import Park, SourceUnavailable
from avesa.sources.dialect import Field, Flow, Request, Response, Secret, Session
from avesa.sources.servicenow_errors import judge

FIELDS = (
    Field("url", "instance, such as https://acme.service-now.com"),
    Field("username", "integration user (Basic, or OAuth's password grant)", required=False),
    Field("password", "its password", secret=True, required=False),
    Field("client_id", "OAuth client", required=False),
    Field("client_secret", "its secret", secret=True, required=False),
    Field("refresh_token", "OAuth refresh token", secret=True, required=False),
)


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float | None = None
    refresh_token: str = ""


def sign_in(secret: Secret) -> Flow[Session]:
    """Use OAuth where a client is named, Basic otherwise."""
    url = secret["url"].rstrip("/")
    detail = {"user": secret.get("username", "")}
    if not secret.get("client_id"):
        return Session(url, _headers(_basic(secret)), detail=detail)
    answer = yield Request(
        "POST", f"{url}/oauth_token.do", signed=False, judged=False, body=urlencode(_grant(secret)).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
    )  # fmt: skip
    token = _token(answer)
    rotated = token.refresh_token if secret.get("refresh_token") else ""
    keep = {"refresh_token": rotated} if rotated and rotated != secret["refresh_token"] else None
    return Session(url, _headers(f"Bearer {token.access_token}"), token.expires_in, detail=detail, keep=keep)


def _basic(secret: Secret) -> str:
    if not secret.get("username") or not secret.get("password"):
        raise Park("The ServiceNow credential names neither a user with a password nor an OAuth client: add one.")
    return "Basic " + b64encode(f"{secret['username']}:{secret['password']}".encode()).decode()


def _headers(authorization: str) -> dict[str, str]:
    return {"Authorization": authorization, "Accept": "application/json"}


def _grant(secret: Secret) -> dict[str, str]:
    client = {"client_id": secret["client_id"], "client_secret": secret.get("client_secret", "")}
    if secret.get("refresh_token"):
        return {"grant_type": "refresh_token", "refresh_token": secret["refresh_token"], **client}
    if secret.get("username"):
        user = {"username": secret["username"], "password": secret.get("password", "")}
        return {"grant_type": "password", **user, **client}
    return {"grant_type": "client_credentials", **client}


def _token(answer: Response) -> _Token:
    if answer.status in {400, 401, 403}:
        raise Park(
            "ServiceNow's OAuth endpoint refuses this client, user or refresh token: "
            "look at the application registry of the instance and store a new credential."
        )
    judge(answer)
    try:
        return msgspec.json.decode(answer.body, type=_Token)
    except msgspec.DecodeError:
        raise SourceUnavailable("ServiceNow's OAuth endpoint answered without an access token.") from None

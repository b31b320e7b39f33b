"""Signing in: Basic, and OAuth tokens that are given again while they last.

https://www.servicenow.com/docs/bundle/platform-security/page/administer/security/reference/r_OAuthAPIRequestParameters.html
"""

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

ACCESS_SECONDS, REFRESH_SECONDS = 1800, 8_640_000


@dataclass(frozen=True, slots=True)
class ServiceNowCredentials:
    """The integration user and its OAuth application."""

    username: str
    password: str = field(repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)


@dataclass(slots=True)
class _Token:
    text: str
    until: float


class Tokens:
    """Access and refresh tokens of the one user."""

    def __init__(self, credentials: ServiceNowCredentials, now: Callable[[], float]) -> None:
        self._credentials = credentials
        self._now = now
        self._access: dict[str, _Token] = {}
        self._refresh: _Token | None = None

    def grant(self, form: Mapping[str, str]) -> dict[str, object] | None:
        """The answer to a token request; None refuses it."""
        own = self._credentials
        if (form.get("client_id"), form.get("client_secret")) != (own.client_id, own.client_secret):
            return None
        match form.get("grant_type"):
            case "password" if (form.get("username"), form.get("password")) == (own.username, own.password):
                return self._answer("user", with_refresh=True)
            case "refresh_token" if self._refresh and form.get("refresh_token") == self._refresh.text:
                if self._refresh.until <= self._now():
                    return None
                return self._answer("user", with_refresh=True)
            case "client_credentials":
                return self._answer("client", with_refresh=False)
        return None

    def lets_in(self, authorization: str) -> bool:
        """Whether an Authorization header is good: Basic or Bearer."""
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return any(token.text == rest and token.until > self._now() for token in self._access.values())
        try:
            user, _, password = base64.b64decode(rest).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        known = (self._credentials.username, self._credentials.password)
        return scheme.lower() == "basic" and (user, password) == known

    def end(self) -> None:
        """End every access token before its time."""
        self._access.clear()

    def _answer(self, owner: str, *, with_refresh: bool) -> dict[str, object]:
        token = self._access.get(owner)
        if token is None or token.until <= self._now():
            token = self._access[owner] = _Token(secrets.token_urlsafe(64), self._now() + ACCESS_SECONDS)
        told: dict[str, object] = {"access_token": token.text, "scope": "useraccount", "token_type": "Bearer"}
        told["expires_in"] = int(token.until - self._now())
        if with_refresh:
            if self._refresh is None or self._refresh.until <= self._now():
                self._refresh = _Token(secrets.token_urlsafe(64), self._now() + REFRESH_SECONDS)
            told["refresh_token"] = self._refresh.text
        return told

"""Signing in: OAuth grants, the SOAP login of older clients, and sessions that end.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flows.htm
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ORG_ID = "00DHs0000000001MAA"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class OAuthError(Exception):
    """A refused grant: `error` and `error_description` of the answer."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


def make_key() -> str:
    """A new RSA key for the JWT bearer grant, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@dataclass(frozen=True, slots=True)
class SalesforceCredentials:
    """What the connected app and its user sign in with."""

    client_id: str
    client_secret: str = field(repr=False)
    username: str
    password: str = field(repr=False)
    security_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    private_key: str = field(default_factory=make_key, repr=False)

    def public_key(self) -> str:
        """The key that the connected app checks assertions with."""
        private = serialization.load_pem_private_key(self.private_key.encode(), None)
        kind = serialization.PublicFormat.SubjectPublicKeyInfo
        return private.public_key().public_bytes(serialization.Encoding.PEM, kind).decode()


class Sessions:
    """Access tokens and refresh tokens of one connected app."""

    def __init__(self, credentials: SalesforceCredentials, now: Callable[[], float]) -> None:
        self._credentials = credentials
        self._now = now
        self._open: dict[str, float] = {}
        self._issued = 0
        self._refresh = credentials.refresh_token
        self.lifetime = 7200.0
        """Seconds a session lasts: an org setting, never told to the client."""
        self.rotate = False
        """Whether each refresh token works once."""

    def grant(self, form: Mapping[str, str]) -> dict[str, str]:
        """Answer a token request: access token and, where a grant gives one, a refresh token."""
        match form.get("grant_type"):
            case "client_credentials":
                self._check_client(form)
                return {"access_token": self.begin()}
            case "password":
                self._check_client(form)
                self.check_user(form.get("username", ""), form.get("password", ""))
                return {"access_token": self.begin()}
            case "refresh_token":
                return self._refreshed(form)
            case kind if kind == JWT_GRANT:
                self._check_assertion(form.get("assertion", ""))
                return {"access_token": self.begin()}
        raise OAuthError("unsupported_grant_type", "grant type not supported")

    def check_user(self, username: str, password: str) -> None:
        """Compare user name and password, with or without the security token behind it."""
        known = {self._credentials.password, self._credentials.password + self._credentials.security_token}
        if username != self._credentials.username or password not in known:
            raise OAuthError("invalid_grant", "authentication failure")

    def begin(self) -> str:
        """Open a session."""
        self._issued += 1
        digest = hashlib.sha256(f"{self._credentials.client_secret}/{self._issued}".encode()).digest()
        token = f"{ORG_ID[:15]}!AQ{base64.b64encode(digest, b'._').decode().rstrip('=')}{self._issued}"
        self._open[token] = self._now() + self.lifetime
        return token

    def end(self, token: str) -> None:
        """Close a session."""
        self._open.pop(token, None)

    def end_all(self) -> None:
        """Close every session, as an administrator may."""
        self._open.clear()

    def is_open(self, token: str) -> bool:
        """Whether requests with this token are let in."""
        return self._open.get(token, 0.0) > self._now()

    def _refreshed(self, form: Mapping[str, str]) -> dict[str, str]:
        if form.get("client_id") != self._credentials.client_id:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if form.get("refresh_token") != self._refresh:
            raise OAuthError("invalid_grant", "expired access/refresh token")
        if not self.rotate:
            return {"access_token": self.begin()}
        self._refresh = f"{self._credentials.refresh_token[:-1]}{self._issued + 1}"
        return {"access_token": self.begin(), "refresh_token": self._refresh}

    def _check_client(self, form: Mapping[str, str]) -> None:
        if form.get("client_id") != self._credentials.client_id:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if form.get("client_secret") != self._credentials.client_secret:
            raise OAuthError("invalid_client", "invalid client credentials")

    def _check_assertion(self, assertion: str) -> None:
        """Check signature, issuer and subject; the hour is left to the client, whose clock may be another."""
        options = {"verify_exp": False, "verify_aud": False, "require": ["iss", "sub", "aud", "exp"]}
        try:
            claims = jwt.decode(assertion, self._credentials.public_key(), algorithms=["RS256"], options=options)  # type: ignore[arg-type]
        except jwt.MissingRequiredClaimError as error:
            raise OAuthError("invalid_grant", f"missing claim {error.claim}") from error
        except jwt.InvalidTokenError as error:
            raise OAuthError("invalid_grant", "invalid assertion") from error
        if claims["iss"] != self._credentials.client_id:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if claims["sub"] != self._credentials.username:
            raise OAuthError("invalid_grant", "user hasn't approved this consumer")

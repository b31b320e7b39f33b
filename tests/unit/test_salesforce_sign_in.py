"""Signing in to Salesforce, without a network."""

from urllib.parse import parse_qsl

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.unit.flows import play, reply

from avesa.errors import Park, SlowDown, SourceUnavailable
from avesa.sources.salesforce import Salesforce

URL = "https://acme.my.salesforce.com"
SECRET = {"url": f"{URL}/", "client_id": "3MVG9", "client_secret": "s3cret"}
TOKEN = {"access_token": "00D!AQ", "instance_url": f"{URL}/", "token_type": "Bearer", "issued_at": "1699999999999"}
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


def sign_in(secret, *answers):
    """Sign in."""
    return play(Salesforce().sign_in(secret), *answers)


def form(request):
    """The fields of a form-encoded request."""
    return dict(parse_qsl(request.body.decode()))


def test_client_credentials_go_to_my_domain():
    """The client's own rights; the token tells no end, the instance's URL is the base."""
    (request,), session = sign_in(SECRET, reply(TOKEN))
    assert request.url == f"{URL}/services/oauth2/token"
    assert (request.signed, request.judged) == (False, False)
    assert form(request) == {"grant_type": "client_credentials", "client_id": "3MVG9", "client_secret": "s3cret"}
    assert session.base_url == URL
    assert session.headers["Authorization"] == "Bearer 00D!AQ"
    assert session.expires_in is None
    assert session.detail["version"] == "62.0"


def test_the_api_version_can_be_named():
    """A credential may pin another version."""
    assert sign_in({**SECRET, "api_version": "60.0"}, reply(TOKEN))[1].detail["version"] == "60.0"


@pytest.mark.parametrize("host", ["login", "test"])
def test_client_credentials_on_a_login_host_say_what_is_wrong(host):
    """Nothing is sent to a host that will not grant it."""
    with pytest.raises(Park, match="My Domain"):
        sign_in({**SECRET, "url": f"https://{host}.salesforce.com"})


def test_a_jwt_is_issued_by_salesforces_clock_t18():
    """RS256 with consumer key, user and audience; the time of issue is the Date of an open resource, not ours."""
    secret = {"url": URL, "client_id": "3MVG9", "username": "svc@acme.example", "private_key": PEM}
    (versions, request), _ = sign_in(secret, reply([], date="Thu, 01 Jan 2026 00:00:00 GMT"), reply(TOKEN))
    assert (versions.url, versions.signed) == (f"{URL}/services/data/", False)
    assert form(request)["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = jwt.decode(
        form(request)["assertion"],
        KEY.public_key(),
        algorithms=["RS256"],
        options={"verify_exp": False, "verify_aud": False},
    )
    assert claims == {
        "iss": "3MVG9",
        "sub": "svc@acme.example",
        "aud": "https://login.salesforce.com",
        "exp": 1767225600 + 180,
    }


def test_a_jwt_needs_a_time_and_a_key():
    """Without a Date it cannot be issued; a text that is no key parks, and is not repeated."""
    secret = {**SECRET, "private_key": "no-key"}
    with pytest.raises(SourceUnavailable, match="Date"):
        sign_in(secret, reply([]))
    with pytest.raises(Park, match="PEM") as told:
        sign_in(secret, reply([], date="Thu, 01 Jan 2026 00:00:00 GMT"))
    assert "no-key" not in str(told.value)


def test_a_rotated_refresh_token_is_kept():
    """A single-use token's successor is handed on to be stored before anything else is done."""
    secret = {**SECRET, "refresh_token": "old"}
    (request,), session = sign_in(secret, reply({**TOKEN, "refresh_token": "new"}))
    assert form(request)["grant_type"] == "refresh_token"
    assert session.keep == {"refresh_token": "new"}
    assert sign_in(secret, reply({**TOKEN, "refresh_token": "old"}))[1].keep is None
    assert sign_in(secret, reply(TOKEN))[1].keep is None


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_credential_parks_with_the_reason(status):
    """invalid_grant, invalid_client_id and expired tokens are a person's to mend; no secret is told."""
    with pytest.raises(Park, match="invalid_grant: authentication failure") as told:
        sign_in(SECRET, reply({"error": "invalid_grant", "error_description": "authentication failure"}, status))
    assert "s3cret" not in str(told.value)


def test_trouble_at_sign_in_is_tried_again():
    """Too many sign-ins wait; HTML and half a token are the edge's trouble."""
    with pytest.raises(SlowDown):
        sign_in(SECRET, reply({"error": "invalid_grant", "error_description": "login rate exceeded"}, 400))
    for answer in (reply(b"<html>", 400), reply(b"", 503), reply({"access_token": "x"})):
        with pytest.raises(SourceUnavailable):
            sign_in(SECRET, answer)

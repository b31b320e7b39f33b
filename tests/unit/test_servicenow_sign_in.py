"""Signing in to ServiceNow, its limits and what check finds, without a network."""

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from tests.unit.flows import play, reply

from avesa.core.entity import Entity
from avesa.errors import Park, Reject, SlowDown, SourceUnavailable, Split
from avesa.sources.dialect import Session
from avesa.sources.servicenow import ServiceNow

URL = "https://acme.service-now.com"
OAUTH = {"url": f"{URL}/", "client_id": "app", "client_secret": "s3cret"}
TOKEN = {"access_token": "tok", "expires_in": 1799, "token_type": "Bearer", "scope": "useraccount"}
AUDIT = Entity(
    source="servicenow", name="core_company/deleted", table="companies", collection="sys_audit_delete", key="sys_id",
    time="sys_created_on", shape={"documentkey": "VARCHAR"}, select="deleted", options={"tables": ["core_company"]},
)  # fmt: skip


def sign_in(secret, *answers):
    """Sign in."""
    return play(ServiceNow().sign_in(secret), *answers)


def test_basic_needs_no_request():
    """User and password are the session."""
    steps, session = sign_in({"url": URL, "username": "svc", "password": "pw"})
    assert steps == []
    assert session.headers["Authorization"] == "Basic c3ZjOnB3"
    assert session.headers["Accept"] == "application/json"


@pytest.mark.parametrize("secret", [{"url": URL}, {"url": URL, "username": "svc"}])
def test_an_empty_credential_says_what_is_missing(secret):
    """Neither user nor client: nothing is sent."""
    with pytest.raises(Park, match="add one"):
        sign_in(secret)


@pytest.mark.parametrize(
    ("more", "grant"),
    [
        ({}, {"grant_type": "client_credentials"}),
        ({"username": "svc", "password": "p&w"}, {"grant_type": "password", "username": "svc", "password": "p&w"}),
        ({"refresh_token": "old"}, {"grant_type": "refresh_token", "refresh_token": "old"}),
    ],
)
def test_oauth_grants_are_form_encoded(more, grant):
    """The grant follows from what the credential holds; the token's end is told, so it is renewed before."""
    (request,), session = sign_in({**OAUTH, **more}, reply(TOKEN))
    assert request.url == f"{URL}/oauth_token.do"
    assert not request.signed
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(request.body.decode())) == {**grant, "client_id": "app", "client_secret": "s3cret"}
    assert (session.headers["Authorization"], session.expires_in) == ("Bearer tok", 1799)


def test_a_rotated_refresh_token_is_kept():
    """A new refresh token is handed on to be stored; the same one is not."""
    secret = {**OAUTH, "refresh_token": "old"}
    assert sign_in(secret, reply({**TOKEN, "refresh_token": "new"}))[1].keep == {"refresh_token": "new"}
    assert sign_in(secret, reply({**TOKEN, "refresh_token": "old"}))[1].keep is None
    assert sign_in(OAUTH, reply({**TOKEN, "refresh_token": "new"}))[1].keep is None


def test_a_revoked_client_parks_and_trouble_does_not():
    """A refused grant is a person's to mend; a broken answer is tried again. Neither tells a secret."""
    with pytest.raises(Park, match="application registry") as told:
        sign_in(OAUTH, reply({"error_description": "access_denied", "error": "server_error"}, 401))
    assert "s3cret" not in str(told.value)
    for answer in (reply(b"<html>", 503), reply({}), reply(b"<html>")):
        with pytest.raises(SourceUnavailable):
            sign_in(OAUTH, answer)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "42", "x_ratelimit_rule": "r"}, 42),
        ({"x_ratelimit_reset": "1767225660", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 60),
        ({}, 10),
    ],
)
def test_both_kinds_of_429_slow_everyone_down(headers, seconds):
    """A rule names its end; a full semaphore names nothing and passes soon."""
    with pytest.raises(SlowDown) as told:
        ServiceNow().judge(reply({"error": {"message": "Rate limit exceeded"}}, 429, **headers))
    assert told.value.seconds == seconds


def test_statuses_tell_what_happens_next():
    """A request that is too long or wrong is rejected with the vendor's words; one that took too long is split."""
    with pytest.raises(Reject, match="414"):
        ServiceNow().judge(reply(b"", 414))
    with pytest.raises(Reject, match="Requested URI"):
        ServiceNow().judge(reply({"error": {"message": "Requested URI does not represent any resource"}}, 400))
    with pytest.raises(Park, match="not yours"):
        ServiceNow().judge(reply({"error": {"message": "not yours"}}, 403))
    with pytest.raises(Split):
        ServiceNow().judge(reply(b"", 504))
    assert ServiceNow().judge(reply({"result": []})) is None


def test_retry_after_is_read():
    """The limits of a response are its Retry-After."""
    assert ServiceNow().limits(reply(b"", 429, retry_after="7")).retry_after == 7
    assert ServiceNow().limits(reply(b"")).retry_after is None


def check(entity, *answers, user=""):
    """Check an entity."""
    return play(ServiceNow().inspect(entity, Session(URL, detail={"user": user})), *answers)[1]


def test_check_names_fields_that_do_not_come():
    """Unknown names are ignored by the instance, so what does not come is named."""
    (found, _) = check(AUDIT, reply({"result": [{"sys_id": "a"}]}), reply({"result": [{"name": "customer_account"}]}))
    assert not found.fine
    assert "documentkey, sys_created_on" in found.detail


def test_check_names_classes_whose_deletes_are_missed_t15():
    """Deletes are filed under the real class: extensions that are not listed are named."""
    row = {"sys_id": "a", "documentkey": "b", "sys_created_on": "c"}
    found = check(AUDIT, reply({"result": [row]}), reply({"result": [{"name": "customer_account"}]}))
    assert [f.fine for f in found] == [True, False]
    assert "customer_account" in found[1].detail
    assert len(check(AUDIT, reply({"result": [row]}), reply({"result": []}))) == 1
    assert len(check(AUDIT, reply({"result": [row]}), reply(b"{}", 403))) == 1


@pytest.mark.parametrize(("zone", "findings"), [("US/Pacific", 1), ("GMT", 0), ("", 0)])
def test_check_looks_at_the_users_zone_t18(zone, findings):
    """A user in another zone than GMT is told of."""
    found = check(
        AUDIT, reply({"result": []}), reply({"result": [{"time_zone": zone}]}), reply({"result": []}), user="svc"
    )
    assert len([f for f in found if f.subject == "time zone"]) == findings


def test_check_of_a_table_that_is_not_there():
    """A required one is a fault, an optional one is not."""
    gone = reply({"error": {"message": "Invalid table x", "detail": None}}, 400)
    optional = replace(AUDIT, optional=True)
    assert [f.fine for f in check(AUDIT, gone)] == [False]
    assert [f.fine for f in check(optional, gone)] == [True]

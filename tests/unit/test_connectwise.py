"""ConnectWise's dialect, driven without a network: sign-in, paging, and what each bad answer means."""

import json
from datetime import UTC, datetime

import pytest
from tests.lab import MAPPINGS

from avesa.core.windows import Window
from avesa.errors import Park, Reject, SignedOut, SlowDown, SourceUnavailable, Split, Unproven
from avesa.sources.connectwise import ConnectWise
from avesa.sources.dialect import Landed, Page, Request, Response, Session

TICKETS = MAPPINGS.entity("connectwise", "service/tickets")
WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC))
SESSION = Session("https://api-na.myconnectwise.net/v2025_1/apis/3.0")
SECRET = {
    "url": "https://api-na.myconnectwise.net", "company_id": "acme", "public_key": "pub", "private_key": "priv",
    "client_id": "guid",
}  # fmt: skip
NEXT = '<https://na.myconnectwise.net/elsewhere?pageId=2>; rel="next"'


def walk(*answers):
    """Drive a walk by answers (rows, last id, Link); returns the requests it made."""
    steps, asked = ConnectWise().walk(TICKETS, WINDOW, SESSION, 5), []
    given = iter(answers)
    try:
        step = next(steps)
        while True:
            if isinstance(step, Request):
                asked.append(step)
                rows, last, link = next(given)
                headers = {} if link is None else {"link": link}
                step = steps.send(Response(200, headers, b"[]"))
            else:
                assert isinstance(step, Page)
                step = steps.send(Landed(rows, str(last), ""))
    except StopIteration:
        return asked


def test_sign_in_asks_the_login_host_for_the_code_base():
    """The codebase comes from the host without `api-`, its slash is not doubled, and keys go to the API host only."""
    flow = ConnectWise().sign_in(SECRET)
    request = next(flow)
    assert request.url == "https://na.myconnectwise.net/login/companyinfo/acme"
    assert "authorization" not in request.headers
    with pytest.raises(StopIteration) as end:
        flow.send(Response(200, {}, b'{"Codebase":"v2025_1/"}'))
    session = end.value.value
    assert session.base_url == "https://api-na.myconnectwise.net/v2025_1/apis/3.0"
    assert session.headers["clientid"] == "guid"
    assert "priv" not in repr(session)


def test_an_unknown_company_is_null_with_200():
    """ConnectWise answers null; the tenant is parked with the company's name."""
    flow = ConnectWise().sign_in(SECRET)
    next(flow)
    with pytest.raises(Park, match="no company acme"):
        flow.send(Response(200, {}, b"null"))


def test_a_short_page_is_not_the_end():
    """T6: only an empty page, or no next link, ends a walk."""
    asked = walk((1, 1, NEXT), (1, 2, NEXT), (0, "", NEXT))
    assert [dict(request.params).get("pageId") for request in asked] == [None, "1", "2"]


def test_an_empty_link_is_the_last_page():
    """Forward-only paging leaves an empty Link on its last page."""
    assert len(walk((3, 3, NEXT), (2, 5, ""))) == 2


def test_the_host_of_a_link_is_never_asked():
    """A Link may name another host: the walk goes on by its own last id at the session's host."""
    assert {request.url for request in walk((1, 1, NEXT), (0, "", ""))} == {f"{SESSION.base_url}/service/tickets"}


def test_an_endpoint_without_forward_only_is_walked_by_keyset():
    """T8: without a Link the walk goes by `id >` in id order, on page one, never by page number."""
    asked = walk((9, 9, None), (2, 7, None), (0, "", None))
    keyset = [dict(request.params) for request in asked[1:]]
    assert [("id > 7" in params["conditions"], params["orderBy"], params["page"]) for params in keyset] == [
        (False, "id asc", "1"),
        (True, "id asc", "1"),
    ]


def test_a_page_that_comes_again_is_not_believed():
    """T8: the cursor must move."""
    with pytest.raises(Unproven, match="again"):
        walk((2, 8, NEXT), (2, 8, NEXT))


def test_a_window_is_half_open_in_its_conditions():
    """T3: `>=` start and `<` end, so that no tie falls between two windows."""
    conditions = dict(walk((0, "", ""))[0].params)["conditions"]
    assert conditions == "lastUpdated >= [2026-01-01T00:00:00Z] AND lastUpdated < [2026-01-31T00:00:00Z]"


def test_only_mapped_fields_are_asked_for_and_info_with_them():
    """T20: the projection names the shape's fields; `_info` is asked for, or it would not come."""
    fields = dict(walk((0, "", ""))[0].params)["fields"].split(",")
    assert "_info" in fields
    assert set(fields) == set(TICKETS.shape)
    assert len(",".join(fields)) < 1500


@pytest.mark.parametrize(
    ("status", "body", "headers", "meaning"),
    [
        (400, {"code": "ApiFindCondition", "message": "x is not a recognized name."}, {}, Reject),
        (400, {"code": "InvalidObject", "message": "invalid", "errors": [{"message": "missing"}]}, {}, Reject),
        (401, {"code": "Unauthorized", "message": "no"}, {}, SignedOut),
        (401, {"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}, {}, SignedOut),
        (403, {"code": "Security", "message": "You do not have security permission."}, {}, Reject),
        (403, None, {}, Park),
        (404, {"code": "NotFound", "message": "Contact 1 not found"}, {}, Reject),
        (404, {"code": "ConnectWiseApi", "message": "The endpoint does not exist."}, {}, SignedOut),
        (404, None, {}, SignedOut),
        (405, None, {}, Reject),
        (409, None, {}, Reject),
        (415, None, {}, Reject),
        (429, None, {"retry-after": "7"}, SlowDown),
        (500, {"code": "ConnectWiseApi", "message": "A timeout has occured. Please try again."}, {}, Split),
        (500, {"code": "ConnectWiseApi", "message": "Oops"}, {}, SourceUnavailable),
        (502, None, {}, SourceUnavailable),
        (503, None, {}, SourceUnavailable),
        (504, None, {}, SourceUnavailable),
        (302, None, {}, SourceUnavailable),
    ],
)
def test_every_bad_answer_has_a_meaning(status, body, headers, meaning):
    """T4: no bad answer is taken for success; each says what happens next."""
    text = b"<html>" if body is None else json.dumps(body).encode()
    with pytest.raises(meaning):
        ConnectWise().judge(Response(status, headers, text))


def test_a_page_for_people_with_200_is_no_answer():
    """T4: HTML with 200 is a fault that passes."""
    with pytest.raises(SourceUnavailable):
        ConnectWise().judge(Response(200, {}, b"\n<!DOCTYPE html>"))


@pytest.mark.parametrize(("headers", "seconds"), [({"retry-after": "7"}, 7), ({}, 60), ({"retry-after": "soon"}, 60)])
def test_a_429_says_how_long(headers, seconds):
    """P6: Retry-After is kept to; without a number it is a minute."""
    with pytest.raises(SlowDown) as error:
        ConnectWise().judge(Response(429, headers, b""))
    assert error.value.seconds == seconds

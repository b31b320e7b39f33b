"""Cutting pages: every record's key, time and text, and nothing that was not sent."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avesa.core.rows import splitter
from avesa.errors import BadRecord, SourceUnavailable

split = splitter("id", "_info.lastUpdated")
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def record(key, time, **more):
    """A record as ConnectWise writes it."""
    return {**more, "id": key, "_info": {"lastUpdated": time, "updatedBy": "x"}}


@given(st.lists(st.tuples(st.integers(0) | st.text(), st.text(), VALUES)))
def test_a_page_is_cut_into_what_was_sent(sent):
    """T16, T17: keys as text, times as written, payloads that parse to the very record, in order."""
    records = [record(key, time, field=value) for key, time, value in sent]
    rows = split(json.dumps(records).encode())
    assert rows.keys == [str(key) for key, _, _ in sent]
    assert rows.times == [time for _, time, _ in sent]
    assert [json.loads(payload) for payload in rows.payloads] == records


def test_a_payload_is_the_text_received():
    """P1: spaces, escapes and long numbers stay as they came."""
    text = b'{ "id":1, "n":1.10, "big":123456789012345678901234567890, "s":"\\u00e9", "_info":{"lastUpdated":"t"}}'
    assert split(b"[" + text + b" ]").payloads == [text]


def test_an_envelope_is_opened():
    """ServiceNow and Salesforce wrap their rows; what stands beside them is not read."""
    rows = splitter("sys_id", "sys_updated_on", "result")(b'{"x":1,"result":[{"sys_id":"a","sys_updated_on":"t"}]}')
    assert (rows.keys, rows.times) == (["a"], ["t"])


def test_nul_bytes_are_taken_out():
    """T19: a NUL in the middle of a text does not break the page."""
    assert split(b'[{"id":1,"s":"a\x00b","_info":{"lastUpdated":"t"}}]').payloads[0].count(b"\x00") == 0


@pytest.mark.parametrize(
    "broken",
    [
        {"_info": {"lastUpdated": "t"}},
        {"id": None, "_info": {"lastUpdated": "t"}},
        {"id": {"value": 1}, "_info": {"lastUpdated": "t"}},
        {"id": 1},
        {"id": 1, "_info": {}},
        {"id": 1, "_info": {"lastUpdated": None}},
        {"id": 1, "_info": {"lastUpdated": 7}},
    ],
)
def test_a_record_without_key_or_time_is_not_passed_over(broken):
    """T4, T25: a role that hides `_info` is a fault with a name, never a row less."""
    with pytest.raises(BadRecord, match=r"no readable id or _info\.lastUpdated"):
        split(json.dumps([record(1, "t"), broken]).encode())


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'[{"id":1', b"<html>", b"[1,", b'{"result":[]}'])
def test_a_cut_or_foreign_page_is_no_empty_page(body):
    """T4, T6: only an array is a page; anything else is asked for again."""
    with pytest.raises(SourceUnavailable):
        split(body)


def test_key_and_time_of_one_field_are_refused():
    """One struct cannot read a field twice; a mapping that asks for it is wrong."""
    with pytest.raises(ValueError, match="must not share"):
        splitter("_info.id", "_info.lastUpdated")

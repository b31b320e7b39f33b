"""A tenant's own fields, found by text in a payload that is not parsed for them."""

import json

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avesa.core.sql import _custom

HARD = ['"Own__c":"x"', '\\"Own__c\\":1', '{"Own__c":"y"}', "\\", '"', "a\nb", "null", "true", "__c", ",}"]
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12), st.sampled_from(HARD)
)
VALUES = st.one_of(TEXTS, st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.decimals(-999, 999, places=2))
NAMES = st.sampled_from(["Id", "Subject", "Own__c", "Size__c", "A_b1__c", "u_own", "u_9", "Own__cx", "au_x"])
DUCK = duckdb.connect()


def kept(record: dict[str, object], pattern: str) -> dict[str, str] | None:
    """What the SQL makes of a record."""
    payload = json.dumps(record, separators=(",", ":"), ensure_ascii=False, default=float)
    (found,) = DUCK.execute(f"select {_custom(pattern)} from (select ?::varchar as payload)", [payload]).fetchone()
    return None if found is None else json.loads(found)


def text(value: object) -> str:
    """A value as text, as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value, default=float)


@pytest.mark.parametrize("pattern", ["*__c", "u_*"])
@given(record=st.dictionaries(NAMES, VALUES, max_size=8))
def test_own_fields_and_nothing_else(pattern, record):
    """T16: whatever stands in the texts around them, own fields come with their values, in the order of names."""
    start, end = pattern.split("*")
    own = {n: text(v) for n, v in record.items() if n.startswith(start) and n.endswith(end) and v not in (None, "")}
    found = kept(record, pattern)
    assert found == (own or None)
    assert list(found or {}) == sorted(own)


def test_a_source_without_own_fields_has_none():
    """No pattern, no search."""
    assert kept({"Own__c": "x"}, "") is None

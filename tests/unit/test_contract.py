"""A table's contract and how its mistakes are told."""

import pytest

from avesa.core.contract import SYSTEM, TYPES, read_contract
from avesa.errors import BadMapping

GOOD = """-- Things. #history
create table things (
    thing_key varchar, -- The source and its id. #key
    state varchar,     -- Where it stands. #not_null #set{open, shut}
    cost decimal(18,4), -- What it costs. #pii
    words varchar[]    -- Words.
);
"""

BAD = {
    "nothing": "x:1: there is no line",
    "create table t (\n a varchar, -- A. #key\n": "not closed",
    "create table t (\n a varchar, -- A. #key\n b varchar,\n);": "x:3: a column is written",
    "create table t (\n a varchar, -- A. #key\n b integer, -- B.\n);": "x:3: b has type INTEGER",
    "create table t (\n a varchar, -- A. #key\n b varchar, -- B. #unique\n);": "x:3: #unique is not a tag",
    "create table t (\n a varchar, -- A.\n);": "exactly one #key",
    "create table t (\n a varchar, -- A. #key\n b varchar, -- B. #key\n);": "exactly one #key",
    "create table t (\n a varchar, -- A. #key\n b varchar, -- B.\n b varchar, -- B.\n);": "b stands twice",
    "create table t (\n a varchar, -- A. #key\n tenant varchar, -- B.\n);": "tenant stands twice",
}


def test_a_contract_is_its_columns_tags_and_comments():
    """What analysts read and what is checked come from one file."""
    contract = read_contract("things/table.sql", GOOD)
    assert (contract.table, contract.comment, contract.history, contract.key) == (
        "things",
        "Things.",
        True,
        "thing_key",
    )
    state = contract.columns[1]
    assert (state.type, state.comment, state.not_null, state.allowed) == (
        "VARCHAR",
        "Where it stands.",
        True,
        ("open", "shut"),
    )
    assert [column.type for column in contract.columns] == ["VARCHAR", "VARCHAR", "DECIMAL(18,4)", "VARCHAR[]"]
    assert contract.columns[0].not_null
    assert contract.columns[2].pii
    assert contract.names == ("thing_key", "state", "cost", "words")


@pytest.mark.parametrize(("text", "reason"), BAD.items(), ids=list(BAD.values()))
def test_a_mistake_names_its_file_and_line(text, reason):
    """A contract that is not understood makes no table."""
    with pytest.raises(BadMapping) as told:
        read_contract("x", text)
    assert reason in str(told.value)
    assert str(told.value).startswith("x:")


def test_system_columns_have_known_types():
    """Avesa's own columns are held to the same types."""
    assert {column.type for column in SYSTEM} <= set(TYPES)

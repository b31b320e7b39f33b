"""What a mapping's SELECT may do, and that each refusal names its file and line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avesa.core.contract import read_contract
from avesa.core.select import FUNCTIONS, check_select, outputs
from avesa.errors import BadMapping

CONTRACT = read_contract(
    "t/table.sql", "create table t (\n    t_key varchar, -- Key. #key\n    a varchar, -- A.\n    b bigint, -- B.\n);\n"
)
SHAPE = {"id": "VARCHAR", "deep": {"er": "VARCHAR"}, "many": [{"x": "VARCHAR"}]}

REFUSED = {
    "select r.id as source_id,\n r.nothing as a from record": "t/x.sql:2: r.nothing is not in the entity's shape",
    "select r.id as source_id,\n r.deep.est as a from record": "t/x.sql:2: r.deep.est is not in the entity's shape",
    "select r.id as source_id,\n r.id as c from record": "t/x.sql:2: c is not a column of t",
    "select r.id as source_id, r.id as t_key from record": "t/x.sql:1: t_key is not a column of t",
    "select r.id as source_id, r.id as a,\n r.id as a from record": "a stands twice",
    "select r.id as a from record": "t/x.sql:1: source_id is missing",
    "select r.id as source_id,\n getenv('HOME') as a from record": "t/x.sql:2: the function getenv may not",
    "select r.id as source_id, now() as a from record": "may not be used",
    "select r.id as source_id, random() as a from record": "may not be used",
    "select source_id from read_text('/etc/passwd')": "reads `from record` and nothing else",
    "select source_id from\n read_parquet('x')": "reads `from record` and nothing else",
    "select source_id from 'file.parquet'": "reads `from record` and nothing else",
    "select source_id from information_schema.tables": "reads `from record` and nothing else",
    "select source_id from main.record": "reads `from record` and nothing else",
    "select r.id as source_id, (select r.id from other) as a from record": "has no place in a mapping",
    "select * from record": "t/x.sql:1: name each column",
    "select r.id as source_id, r.* from record": "r.* is not in the entity's shape",
    "select r.id as source_id from record; drop table x": "here are 2 statements",
    "drop table record": "a mapping is one SELECT",
    "copy record to 'x'": "a mapping is one SELECT",
    "select r.id as source_id from record union select '1' as source_id from record": "a mapping is one SELECT",
    "select r.id as source_id from record limit 1": "`limit` has no place",
    "select r.id as source_id from record offset 1": "`offset` has no place",
    "select r.id as source_id from record order by 1": "`order` has no place",
    "select r.id as source_id from record where true": "`where` has no place",
    "select r.id as source_id, row_number() over () as a from record": "has no place in a mapping",
    "select r.id as source_id,\n other.x as a from record": "t/x.sql:2: other.x is not a column of record",
    "select r.id as source_id, unnest(r.many).x as a from record": "may not be used",
    "select distinct r.id as source_id from record": "`distinct` has no place",
    "select r.id as source_id from record group by 1": "`group` has no place",
    "select r.id as source_id from record qualify true": "`qualify` has no place",
    "select r.id as source_id from record join record on true": "`joins` has no place",
    "select r.id as source_id from record, record as two": "`joins` has no place",
    "with w as (select 1) select r.id as source_id from record": "`with` has no place",
    "select r.id as source_id,\n from from record": "t/x.sql:2",
    "": "0 statements",
    "select 'open": "t/x.sql:1",
}


def check(sql: str, *, tombstones: bool = False) -> tuple[str, ...]:
    """Check one SELECT of table t."""
    return check_select("t/x.sql", sql, CONTRACT, SHAPE, tombstones=tombstones)


@pytest.mark.parametrize(("sql", "reason"), REFUSED.items(), ids=list(REFUSED))
def test_what_is_refused_names_file_line_and_reason(sql, reason):
    """A mapping is code: no file, no other table, no clock, no more or fewer rows than records."""
    with pytest.raises(BadMapping) as told:
        check(sql)
    assert str(told.value).startswith("t/x.sql:")
    assert reason in str(told.value)


def test_outputs_come_in_order():
    """The columns are those of the SELECT, deletions and all."""
    sql = "-- why\nselect r.id as source_id, r.deep.er as a, true as is_deleted from record"
    assert check(sql) == outputs(sql) == ("source_id", "a", "is_deleted")


def test_tombstones_have_three_columns_only():
    """An entity of deletions yields no rows of the table."""
    assert check("select r.id as source_id, r.id as deleted_at from record", tombstones=True)
    with pytest.raises(BadMapping, match="a is not a column"):
        check("select r.id as source_id, r.id as a from record", tombstones=True)


@given(st.from_regex(r"[a-z_][a-z0-9_]{0,20}", fullmatch=True))
def test_a_function_is_known_or_refused(name):
    """Whatever a function is called, only listed ones pass."""
    try:
        check(f"select r.id as source_id, {name}(r.id) as a from record")
    except BadMapping:
        return
    assert name in FUNCTIONS or outputs(f"select {name}(r.id) as a from record")

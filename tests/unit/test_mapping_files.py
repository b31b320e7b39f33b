"""Mapping files: mistakes named by file and line, paces, versions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avesa.core.mapping import load
from avesa.core.tenants import Service
from avesa.edges.mapping_files import read
from avesa.errors import BadMapping, UsageError

BACKFILL = """defaults:
  lookback_days: null
  window_days: 30
  overlap_seconds: 600
  lag_seconds: 60
tenants:
  acme: {window_days: 7, requests_per_minute: 50}
"""
SOURCE = """source: vendor
requests_per_minute: 100
entities:
  things:
    table: t
    key: id
    time: changed
    shape: {id: VARCHAR}
"""
FILES = {
    "backfill.yaml": BACKFILL,
    "vendor.yaml": SOURCE,
    "t/table.sql": "create table t (\n t_key varchar, -- Key. #key\n a varchar, -- A.\n);\n",
    "t/vendor.sql": "select r.id as source_id from record",
}

BAD = {
    "an unknown key": ({"vendor.yaml": SOURCE + "    colour: red\n"}, "vendor.yaml:9: entities.things.colour"),
    "no shape": ({"vendor.yaml": SOURCE.replace("    shape: {id: VARCHAR}\n", "")}, "entities.things.shape"),
    "a pace of nothing": ({"vendor.yaml": SOURCE.replace("100", "0")}, "vendor.yaml:2: requests_per_minute"),
    "a page of nothing": ({"vendor.yaml": SOURCE + "    page_size: 0\n"}, "vendor.yaml:9: entities.things.page_size"),
    "a pattern that is none": ({"vendor.yaml": SOURCE + "custom: a*b\n"}, "vendor.yaml:9: custom"),
    "no YAML": ({"vendor.yaml": "source: [\n"}, "vendor.yaml:2: not YAML"),
    "a table without a contract": ({"vendor.yaml": SOURCE.replace("table: t", "table: u")}, "no mappings/u/table.sql"),
    "no SELECT": ({"vendor.yaml": SOURCE + "    select: gone\n"}, "mappings/t/gone.sql is missing"),
    "a bad SELECT": ({"t/vendor.sql": "select * from record"}, "t/vendor.sql:1: name each column"),
    "a default left out": ({"backfill.yaml": "defaults: {window_days: 30}\n"}, "backfill.yaml:1: defaults must say"),
    "an unknown pace": ({"backfill.yaml": BACKFILL + "  b: {speed: 1}\n"}, "backfill.yaml:8: tenants.b.speed"),
}


@pytest.mark.parametrize(("changed", "reason"), BAD.values(), ids=list(BAD))
def test_a_mistake_names_its_file(changed, reason):
    """The first mistake stops the start, with its place."""
    with pytest.raises(BadMapping) as told:
        load(FILES | changed)
    assert reason in str(told.value)


def test_defaults_of_an_entity():
    """The collection is the entity's name and the SELECT the source's."""
    entity = load(FILES).entity("vendor", "things")
    assert (entity.collection, entity.select, entity.optional) == ("things", FILES["t/vendor.sql"], False)


def test_unknown_names_are_told():
    """A source or entity that is not there is the user's mistake."""
    mappings = load(FILES)
    with pytest.raises(UsageError, match="there are vendor"):
        mappings.source("other")
    with pytest.raises(UsageError, match="there are things"):
        mappings.entity("vendor", "other")


@given(st.integers(1, 366), st.integers(1, 10_000))
def test_the_narrower_pace_wins(days, lookback):
    """A service's own setting stands before its tenant's, and that before the defaults and the source's."""
    mappings = load(FILES)
    own = mappings.pace(
        Service(tenant="acme", source="vendor", settings={"window_days": days, "lookback_days": lookback})
    )
    assert (own.window_days, own.lookback_days, own.requests_per_minute, own.lag_seconds) == (days, lookback, 50, 60)
    assert mappings.pace(Service(tenant="acme", source="vendor")).window_days == 7
    other = mappings.pace(Service(tenant="other", source="vendor"))
    assert (other.window_days, other.lookback_days, other.requests_per_minute) == (30, None, 100)


def test_a_wrong_setting_names_tenant_and_setting():
    """A setting that cannot be is told, not taken."""
    with pytest.raises(UsageError, match="acme/vendor: window_days"):
        load(FILES).pace(Service(tenant="acme", source="vendor", settings={"window_days": 0}))


@pytest.mark.parametrize(
    "changed",
    [
        {"t/vendor.sql": "select r.id as source_id, r.id as a from record"},
        {"t/table.sql": FILES["t/table.sql"].replace("A.", "A. #not_null")},
        {"vendor.yaml": SOURCE.replace("{id: VARCHAR}", "{id: VARCHAR, a: VARCHAR}")},
        {"vendor.yaml": SOURCE + 'custom: "u_*"\n'},
    ],
)
def test_the_version_is_of_all_that_makes_a_table(changed):
    """Rows of an older mapping can be told from those of a newer one."""
    assert load(FILES).version("t") == load(FILES).version("t")
    assert load(FILES | changed).version("t") != load(FILES).version("t")


def test_the_packaged_files_feed_all_tables_from_all_sources():
    """Three sources feed the four tables, and deletions where the source tells of them."""
    mappings = read()
    for table in ("tickets", "time_entries", "companies", "contacts"):
        assert {e.source for e in mappings.feeding(table)} == {"connectwise", "servicenow", "salesforce"}
        assert {e.source for e in mappings.feeding(table) if e.tombstones} == {"servicenow", "salesforce"}


def test_a_folder_that_is_not_there_is_told(tmp_path):
    """A wrong path is the first thing to look at."""
    with pytest.raises(BadMapping, match="not a folder"):
        read(tmp_path / "gone")

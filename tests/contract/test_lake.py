"""What every lake keeps: whole objects, names under prefixes, Delta commits that exclude each other."""

import os
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from avesa.core.contract import Column
from avesa.edges import delta
from avesa.errors import Conflict, StoreUnavailable

COLUMNS = (Column("ticket_key", "VARCHAR", ""), Column("rows", "BIGINT", ""))


@pytest.fixture
def source(tmp_path):
    """A local file."""
    path = tmp_path / "source"
    path.write_bytes(b"PAR1 and more")
    return path


@pytest.mark.parametrize("size", [0, 1, 40_000_123], ids=["empty", "small", "in parts"])
async def test_an_object_comes_back_byte_by_byte(place, tmp_path, size):
    """What is uploaded in parts is one object again."""
    source, target = tmp_path / "source", tmp_path / "deep" / "target"
    source.write_bytes(os.urandom(size))
    await place.edges.lake.put("acme/raw/x/one.parquet", source)
    await place.edges.lake.fetch("acme/raw/x/one.parquet", target)
    assert target.read_bytes() == source.read_bytes()
    assert [path.name for path in target.parent.iterdir()] == ["target"]


async def test_names_are_sorted_and_stay_under_their_prefix(place, source):
    """P4: a tenant's prefix does not hold another whose name begins the same."""
    lake = place.edges.lake
    for name in ("acme/raw/b", "acme/raw/a/2", "acme/raw/a/1", "acme-evil/raw/a/1", "acme/canonical/a"):
        await lake.put(name, source)
    assert await lake.names("acme/raw/") == ["acme/raw/a/1", "acme/raw/a/2", "acme/raw/b"]
    assert await lake.names("nobody/") == []


async def test_removed_objects_are_gone_and_those_that_were_gone_are_fine(place, source):
    """A removal may run twice."""
    lake = place.edges.lake
    for name in ("acme/raw/a", "acme/raw/b"):
        await lake.put(name, source)
    for _ in range(2):
        await lake.remove(["acme/raw/a", "acme/raw/never"])
    assert await lake.names("acme/raw/") == ["acme/raw/b"]
    await lake.remove([])


async def test_an_object_that_is_not_there_is_named(place, tmp_path):
    """The message says which one."""
    with pytest.raises(StoreUnavailable, match="acme/raw/lost is not in the lake"):
        await place.edges.lake.fetch("acme/raw/lost", tmp_path / "target")
    assert list(tmp_path.glob("*target*")) == []


async def test_a_name_cannot_leave_the_lake(place, source):
    """P4: no name climbs out of its place."""
    with pytest.raises(StoreUnavailable, match="not a name in this lake"):
        await place.edges.lake.put("acme/../../other", source)


async def test_a_table_is_committed_and_read(place, source):
    """A commit that follows what it saw is the table's next version."""
    address = place.edges.lake.table("acme/canonical/tickets")
    assert delta.snapshot(address, "ticket_key") == delta.NOTHING
    await publish(place, source, delta.NOTHING)
    seen = delta.snapshot(address, "ticket_key")
    assert (seen.rows, len(seen.files)) == (2, 1)
    await publish(place, source, seen)
    assert delta.snapshot(address, "ticket_key").rows == 2


async def test_of_two_stale_writers_one_is_refused(place, source):
    """P1, P3: whoever planned on a version that is no longer the newest plans again."""
    await publish(place, source, delta.NOTHING)
    seen = delta.snapshot(place.edges.lake.table("acme/canonical/tickets"), "ticket_key")
    await publish(place, source, seen)
    with pytest.raises(Conflict):
        await publish(place, source, seen)


async def publish(place, source, before):
    """Swap a table's files for one new file."""
    address, name = place.edges.lake.table("acme/canonical/tickets"), f"part-{uuid.uuid4().hex}.parquet"
    pq.write_table(pa.table({"ticket_key": ["a", "b"], "rows": [1, 2]}), source)
    await place.edges.lake.put(f"acme/canonical/tickets/{name}", source)
    wanted = delta.schema(COLUMNS)
    delta.commit(
        address, before, wanted,
        added=[delta.Added(name, source)], removed=before.files, why="{}", indexed=["ticket_key"],
    )  # fmt: skip

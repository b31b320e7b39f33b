"""What a table's log says of its files must not make a reader step over rows."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from avesa.edges import delta
from avesa.ports import TableAddress

ROWS = pa.table(
    {"key": ["a", "b", "c"], "seen": pa.array([None, None, None], pa.int64()), "state": ["new", None, "old"]}
)


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        (pc.field("state").is_null(), 1),
        (pc.field("state").is_valid(), 2),
        (pc.field("state") == "old", 1),
        (pc.field("seen").is_null(), 3),
        (pc.field("seen").is_valid(), 0),
        (pc.field("key") >= "b", 2),
    ],
    ids=str,
)
def test_a_filter_finds_its_rows_whatever_has_bounds(tmp_path, condition, count):
    """Columns without bounds, and columns of nothing but nulls, are read like all others."""
    address = TableAddress(str(tmp_path / "table"))
    Path(address.uri).mkdir()
    file = Path(address.uri) / "1.parquet"
    pq.write_table(ROWS, file)
    added = [delta.Added("1.parquet", file)]
    delta.commit(address, delta.NOTHING, ROWS.schema, added=added, removed=[], why="test", indexed=["key", "seen"])
    assert delta.dataset(address).count_rows(filter=condition) == count

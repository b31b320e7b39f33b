"""Raw parts: what was received, in files of bounded size."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from avesa.core.rows import Rows
from avesa.edges.raw import SCHEMA, RawParts, stamps
from avesa.errors import BadRecord, OutOfSpace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CONSTANTS = {
    "tenant": "acme", "source": "connectwise", "entity": "service/tickets",
    "window_start": NOON, "window_end": NOON.replace(hour=13),
}  # fmt: skip


def page(first, count, size=100):
    """Rows of about so many bytes."""
    numbers = range(first, first + count)
    texts = [json.dumps({"id": n, "pad": "x" * size}).encode() for n in numbers]
    return Rows([str(n) for n in numbers], ["2026-03-02T12:00:05Z"] * count, texts)


def parts(tmp_path, size=10_000, *, zoned=True):
    """A writer with small parts."""
    return RawParts(tmp_path / "run", CONSTANTS, size, zoned=zoned)


def test_every_row_is_in_one_part_and_parts_are_bounded(tmp_path):
    """T10, P1: a part is closed when it is full; together they hold each row once, as it came."""
    writer, pages = parts(tmp_path), [page(start, 20) for start in range(0, 400, 20)]
    paths = [path for each in pages for path in writer.add(each, NOON)] + writer.finish()
    tables = [pq.read_table(path) for path in paths]
    assert writer.count == len(paths) > 3
    assert all(sum(map(len, table["payload"].to_pylist())) < 10_000 + 20 * 150 for table in tables)
    whole = pa.concat_tables(tables)
    assert whole["record_id"].to_pylist() == [str(n) for n in range(400)]
    assert [json.loads(text)["id"] for text in whole["payload"].to_pylist()] == list(range(400))
    assert [table["part"].unique().to_pylist() for table in tables] == [[n] for n in range(len(paths))]


def test_a_part_tells_where_its_rows_come_from(tmp_path):
    """P4: tenant, source, entity, window and time of the pull stand beside each row."""
    writer = parts(tmp_path)
    writer.add(page(1, 2), NOON)
    (path,) = writer.finish()
    table = pq.read_table(path)
    assert table.schema.equals(SCHEMA)
    assert table.drop_columns(["record_id", "payload"]).to_pylist()[0] == {
        **CONSTANTS, "pulled_at": NOON, "part": 0, "source_updated_at": NOON.replace(second=5),
    }  # fmt: skip
    assert pq.ParquetFile(path).metadata.row_group(0).column(2).compression == "ZSTD"


def test_a_window_without_rows_has_no_part(tmp_path):
    """Nothing is written for nothing."""
    assert parts(tmp_path).finish() == []
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("written", "zoned"),
    [
        ("2026-03-02T12:00:05Z", True),
        ("2026-03-02T12:00:05.000+0000", True),
        ("2026-03-02T14:00:05+02:00", True),
        ("2026-03-02 12:00:05", False),
    ],
)
def test_each_vendor_s_stamp_becomes_the_same_moment(written, zoned):
    """T18: UTC, whatever the spelling and whatever zone this machine is in."""
    assert stamps([written], zoned=zoned).to_pylist() == [NOON.replace(second=5)]


@pytest.mark.parametrize("written", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-03-02"])
def test_a_time_that_cannot_be_read_is_no_null(written):
    """T4: a row without a time would never be the latest; it is told, not landed."""
    with pytest.raises(BadRecord, match="change time"):
        stamps([written], zoned=True)


def test_text_that_is_not_utf_8_is_told(tmp_path):
    """T19: bytes that no reader of the lake could read are not landed."""
    with pytest.raises(BadRecord, match="UTF-8"):
        parts(tmp_path).add(Rows(["1"], ["2026-03-02T12:00:05Z"], [b'{"s":"\xff"}']), NOON)


def test_a_scratch_disk_that_takes_nothing_is_named(tmp_path):
    """T12: the folder is in the sentence."""
    (tmp_path / "run").write_text("a file where the folder should be")
    writer = parts(tmp_path)
    writer.add(page(1, 1), NOON)
    with pytest.raises(OutOfSpace, match=str(tmp_path)):
        writer.finish()

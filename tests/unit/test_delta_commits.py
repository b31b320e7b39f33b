"""Commits of a table: strictly after the version that was read, and whole."""

import threading
from pathlib import Path
from tempfile import mkdtemp

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from avesa.edges import delta
from avesa.errors import BadMapping, Conflict
from avesa.ports import TableAddress

PLAIN = pa.schema([("key", pa.string()), ("hours", pa.string())])


def file(root, *keys, schema=PLAIN):
    """A data file with a row for each key."""
    rows = {field.name: list(keys) if field.name == "key" else [None] * len(keys) for field in schema}
    (root / "table").mkdir(exist_ok=True)
    folder = Path(mkdtemp(dir=root))
    pq.write_table(pa.table(rows, schema=schema), folder / "data.parquet")
    added = delta.added(folder)
    for one in added:
        (root / "table" / one.path).hardlink_to(one.local)
    return added


def commit(root, before, added, *, removed=(), schema=PLAIN, whole=False):
    """Swap files in."""
    return delta.commit(
        address(root), before, schema, added=added, removed=removed, why="test", indexed=["key"], whole=whole
    )


def address(root):
    """Where the table is."""
    return TableAddress(str(root / "table"))


def keys(root):
    """What the table holds."""
    return sorted(DeltaTable(str(root / "table")).to_pyarrow_table()["key"].to_pylist())


def test_a_table_begins_with_its_rows(tmp_path):
    """P3: no reader ever sees a table that was made and not filled yet."""
    assert commit(tmp_path, delta.NOTHING, file(tmp_path, "a")) == 0
    assert DeltaTable(str(tmp_path / "table")).version() == 0
    assert keys(tmp_path) == ["a"]


def test_of_many_that_begin_a_table_one_does(tmp_path):
    """P1, T13: first commits that race leave the rows of exactly one."""
    outcomes = []
    files = [file(tmp_path, "a") for _ in range(6)]

    def begin(added):
        try:
            outcomes.append(commit(tmp_path, delta.NOTHING, added))
        except Conflict:
            outcomes.append("lost")

    threads = [threading.Thread(target=begin, args=(added,)) for added in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["0", *["lost"] * 5]
    assert keys(tmp_path) == ["a"]


def test_a_stale_writer_that_only_adds_fails(tmp_path):
    """P1: delta-rs would let blind additions through; a retried batch would stand twice."""
    commit(tmp_path, delta.NOTHING, file(tmp_path, "a"))
    stale = delta.snapshot(address(tmp_path), "key")
    commit(tmp_path, stale, file(tmp_path, "b"))
    with pytest.raises(Conflict):
        commit(tmp_path, stale, file(tmp_path, "b"))
    assert keys(tmp_path) == ["a", "b"]


def test_a_stale_rebuild_fails(tmp_path):
    """P1: a rebuild that slept does not throw away what was published meanwhile."""
    commit(tmp_path, delta.NOTHING, file(tmp_path, "a"))
    stale = delta.snapshot(address(tmp_path), "key")
    commit(tmp_path, stale, file(tmp_path, "b"))
    with pytest.raises(Conflict):
        commit(tmp_path, stale, file(tmp_path, "a"), whole=True)
    assert keys(tmp_path) == ["a", "b"]


def test_files_are_swapped_in_one_version(tmp_path):
    """P3: what comes and what goes is one commit."""
    commit(tmp_path, delta.NOTHING, file(tmp_path, "a", "b"))
    before = delta.snapshot(address(tmp_path), "key")
    assert commit(tmp_path, before, file(tmp_path, "b", "c"), removed=before.files) == before.version + 1
    assert keys(tmp_path) == ["b", "c"]
    found = delta.snapshot(address(tmp_path), "key")
    assert [(one.rows, one.least, one.most) for one in found.files] == [(2, "b", "c")]


def test_a_new_column_is_empty_in_old_rows(tmp_path):
    """T16: a contract that grows loses no row."""
    commit(tmp_path, delta.NOTHING, file(tmp_path, "a"))
    grown = PLAIN.append(pa.field("board", pa.string()))
    before = delta.snapshot(address(tmp_path), "key")
    commit(tmp_path, before, file(tmp_path, "b", schema=grown), schema=grown)
    found = DeltaTable(str(tmp_path / "table")).to_pyarrow_table()
    assert sorted(found.column_names) == ["board", "hours", "key"]
    assert keys(tmp_path) == ["a", "b"]


def test_another_type_needs_a_rebuild(tmp_path):
    """T16: files of two types are never mixed; a rebuild may change the type."""
    commit(tmp_path, delta.NOTHING, file(tmp_path, "a"))
    typed = pa.schema([("key", pa.string()), ("hours", pa.float64())])
    before = delta.snapshot(address(tmp_path), "key")
    with pytest.raises(BadMapping, match="hours has another type"):
        commit(tmp_path, before, file(tmp_path, "b", schema=typed), schema=typed)
    assert keys(tmp_path) == ["a"]
    commit(tmp_path, before, file(tmp_path, "a", schema=typed), schema=typed, whole=True)
    assert DeltaTable(str(tmp_path / "table")).to_pyarrow_table().schema.field("hours").type == pa.float64()
    assert keys(tmp_path) == ["a"]

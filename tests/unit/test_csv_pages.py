"""Bulk CSV pages as raw parts: every edge of the format, and pages beside each other."""

import csv
import io
import json
from datetime import UTC, datetime

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avesa.edges.csv_pages import AT_ONCE, CsvLanding, land
from avesa.errors import SourceUnavailable

STAMP = "2026-01-01T00:00:00.000Z"
CONSTANTS = {"tenant": "acme", "window_start": datetime(2026, 1, 1, tzinfo=UTC), "part": 3}


def sheet(rows, columns=("Id", "SystemModstamp", "Note")):
    """Rows as Bulk writes them: all cells quoted, quotes doubled, LF."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue().encode()


def landed(folder, body):
    """Land a body; return what was told and the part's rows."""
    page, part = folder / "page.csv", folder / "part.parquet"
    page.write_bytes(body)
    with duckdb.connect() as duck:
        told = land(duck, page, part, key="Id", time="SystemModstamp", constants=CONSTANTS)
    return told, pq.read_table(part).to_pylist()


def notes(rows):
    """The Note of each row's payload, by its key."""
    return {row["record_id"]: json.loads(row["payload"])["Note"] for row in rows}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("", None),
        ("NA", "NA"),
        ("null", "null"),
        ('say "no"', 'say "no"'),
        ("two\nlines\r\nthree", "two\nlines\r\nthree"),
        ("back\\slash, comma\ttab", "back\\slash, comma\ttab"),
        ("é\u2028☃", "é\u2028☃"),
        ("39000.00", "39000.00"),
        ("true", "true"),
        ("x" * 200_000, "x" * 200_000),
        (" spaces ", " spaces "),
    ],
)
def test_cells_stay_what_they_were_t19(tmp_path, cell, value):
    """Empty is null; "NA", "null", quotes, newlines and long texts stay text."""
    _, rows = landed(tmp_path, sheet([("a", STAMP, cell)]))
    assert notes(rows) == {"a": value}


def test_nul_bytes_are_taken_out_and_counted_t19(tmp_path):
    """A NUL is no text in any engine downstream: stripped, and told."""
    told, rows = landed(tmp_path, sheet([("a", STAMP, "x\0y\0")]))
    assert (told.nul_bytes, notes(rows)) == (2, {"a": "xy"})


def test_a_quoted_text_that_looks_like_rows_is_no_row_t19(tmp_path):
    """A text of many lines, each like a row, stays one cell, wherever a reader's blocks may end."""
    lure = "\n".join(f'"{n}","{STAMP}","lure"\n{n},{STAMP},lure' for n in range(2000))
    body = sheet([(f"{n:03}", STAMP, lure) for n in range(200)])
    assert len(body) > 16 << 20
    told, rows = landed(tmp_path, body)
    assert told.rows == len(rows) == 200
    assert set(notes(rows).values()) == {lure}


def test_a_part_has_key_time_payload_and_constants(tmp_path):
    """The raw columns: key, change time in UTC, the row as JSON, and what is the same for all rows."""
    told, (row,) = landed(tmp_path, sheet([("a", "2025-03-04T10:11:12.345Z", "x")]))
    moment = datetime(2025, 3, 4, 10, 11, 12, 345000, tzinfo=UTC)
    assert (told.rows, told.first, told.last) == (1, moment, moment)
    assert (row["record_id"], row["source_updated_at"]) == ("a", moment)
    assert json.loads(row["payload"]) == {"Id": "a", "SystemModstamp": "2025-03-04T10:11:12.345Z", "Note": "x"}
    assert (row["tenant"], row["window_start"], row["part"]) == ("acme", CONSTANTS["window_start"], 3)
    schema = pq.read_schema(tmp_path / "part.parquet")
    assert str(schema.field("source_updated_at").type) == "timestamp[us, tz=UTC]"
    assert str(schema.field("part").type) == "int32"


def test_a_page_of_a_header_alone_has_no_rows(tmp_path):
    """Nothing is nothing."""
    told, rows = landed(tmp_path, sheet([]))
    assert (told.rows, told.first, rows) == (0, None, [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        sheet([("a", STAMP)], ("Id", "SystemModstam")),
        sheet([("", STAMP, "x")]),
        sheet([("a", "yesterday", "x")]),
        sheet([("a", STAMP, "x")])[:-3],
        sheet([("a", STAMP, "x"), ("b", STAMP)]),
        sheet([("a", STAMP, "x")]) + b'"\xff\xfe","' + STAMP.encode() + b'","x"\n',
    ],
    ids=["empty", "no time column", "no key", "no time", "cut", "short row", "not UTF-8"],
)
def test_a_page_that_is_not_whole_is_never_landed(tmp_path, body):
    """Cut, malformed or incomplete pages are the source's trouble; their text is not repeated."""
    with pytest.raises(SourceUnavailable) as told:
        landed(tmp_path, body)
    assert "yesterday" not in str(told.value)


def test_odd_column_names_are_quoted(tmp_path):
    """A name is an identifier whatever it holds."""
    odd = "a\"b'c;--"
    _, (row,) = landed(tmp_path, sheet([("k", STAMP, "x")], ("Id", "SystemModstamp", odd)))
    assert json.loads(row["payload"])[odd] == "x"


CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@given(st.lists(CELLS, max_size=20))
def test_any_text_survives_t19(tmp_path, cells):
    """Whatever a cell holds, it comes back, null for empty."""
    _, rows = landed(tmp_path, sheet([(f"{n}", STAMP, cell) for n, cell in enumerate(cells)]))
    assert notes(rows) == {f"{n}": cell or None for n, cell in enumerate(cells)}


async def test_pages_are_converted_beside_the_walk(tmp_path):
    """A page may be added before the last is done; every page comes back once, in order."""
    parts = []
    with CsvLanding(key="Id", time="SystemModstamp", memory_mb=512) as landing:
        for number in range(5):
            page = tmp_path / f"{number}.csv"
            page.write_bytes(sheet([(f"{number}", STAMP, "x")]))
            done = await landing.add(page, tmp_path / f"{number}.parquet", {**CONSTANTS, "part": number})
            parts += [done] if done else []
            assert len(parts) == max(0, number + 1 - AT_ONCE)
        parts += await landing.rest()
        assert landing.distinct == 5
    assert [part.path.stem for part in parts] == ["0", "1", "2", "3", "4"]


async def test_a_page_that_comes_twice_counts_once_t8(tmp_path):
    """Rows are counted by key: a repeated page cannot stand in for a lost one. Pages do not stay on scratch."""
    with CsvLanding(key="Id", time="SystemModstamp", memory_mb=512) as landing:
        assert landing.distinct == 0
        for number in range(2):
            page = tmp_path / f"{number}.csv"
            page.write_bytes(sheet([("a", STAMP, "x"), ("b", STAMP, "y")]))
            await landing.add(page, tmp_path / f"{number}.parquet", CONSTANTS)
        assert sum(part.rows for part in await landing.rest()) == 4
        assert landing.distinct == 2
    assert list(tmp_path.glob("*.csv")) == []


async def test_a_broken_page_is_told_by_a_later_step(tmp_path):
    """A fault in the background is not lost."""
    page = tmp_path / "page.csv"
    page.write_bytes(b"")
    with CsvLanding(key="Id", time="SystemModstamp", memory_mb=512) as landing:
        await landing.add(page, tmp_path / "part.parquet", CONSTANTS)
        with pytest.raises(SourceUnavailable):
            await landing.rest()

"""Copy-on-write: what is written follows what changed, and files keep a size that readers like."""

import itertools

from tests.lab import lab
from tests.landed import land, publish, stamp, ticket

from avesa import publish as publishing
from avesa.core.names import delta_table
from avesa.core.sql import columns
from avesa.edges import delta
from avesa.edges.duck import Duck
from avesa.edges.key_cache import KeyCache
from avesa.publish import Publication, Target

TABLE = delta_table("acme", "tickets")


def files(there):
    """The table's data files."""
    return delta.snapshot(there.here.edges.lake.table(TABLE), "ticket_key").files


def old(first, last):
    """Tickets that were entered one after the other, an hour apart."""
    return [ticket(n, 1, _info={"lastUpdated": stamp(1), "dateEntered": stamp(60 * n)}) for n in range(first, last)]


async def test_only_files_that_hold_changed_keys_are_written_anew(tmp_path, monkeypatch):
    """A change of one row leaves the other files where they are; a new row goes where a file is written anyway."""
    monkeypatch.setattr(publishing, "SMALL", 1)
    async with lab(tmp_path) as there:
        for first in (100, 200, 300):
            await land(there, *old(first, first + 20))
            await publish(there)
        before = files(there)
        assert len(before) == 3
        await land(there, ticket(205, 9, ">Closed"))
        await publish(there)
        after = files(there)
        assert len(set(after) & set(before)) == 2
        assert [file.rows for file in after] == [20, 20, 20]
        assert await there.sql("select status from tickets where source_id = '205'", "acme") == [{"status": "closed"}]


async def test_new_rows_fill_a_small_file(tmp_path):
    """Hours of few rows do not become thousands of files."""
    async with lab(tmp_path) as there:
        for first in (100, 200, 300):
            await land(there, *old(first, first + 20))
            await publish(there)
        assert [file.rows for file in files(there)] == [60]


async def test_many_rows_are_cut_by_when_they_were_created(tmp_path, monkeypatch):
    """What was created together lies together, so that an hour's changes touch few files."""
    monkeypatch.setattr(publishing, "FILE_BYTES", 50 * publishing.ROW_BYTES)
    async with lab(tmp_path) as there:
        shuffled = sorted(old(1, 201), key=lambda record: record["id"] * 7919 % 211)
        await land(there, *shuffled)
        await publish(there)
        found = delta.dataset(there.here.edges.lake.table(TABLE))
        spans = []
        for fragment in found.get_fragments():
            made = sorted(fragment.to_table(columns=["created_at_source"])["created_at_source"].to_pylist())
            spans.append((made[0], made[-1], len(made)))
        spans.sort()
        assert len(spans) == 4
        assert all(left[1] < right[0] for left, right in itertools.pairwise(spans))
        assert sum(span[2] for span in spans) == 200


async def test_keys_are_read_once_and_forgotten_with_their_file(tmp_path, monkeypatch):
    """P7: key columns stay on scratch while their file is part of the table, and at most one merge longer."""
    async with lab(tmp_path) as there:
        await land(there, *old(1, 20))
        await publish(there)
        await land(there, ticket(5, 9))
        await publish(there)
        await land(there, ticket(6, 9))
        await publish(there)
        kept = {path.name for path in there.here.settings.scratch_path.glob("keys/acme-canonical-tickets-*/*.parquet")}
        assert len(kept - {file.path for file in files(there)}) <= 1
        cache = KeyCache(there.here.settings, TABLE, ["ticket_key"])
        path = cache.get(there.here.edges.lake.table(TABLE), files(there)[0])
        monkeypatch.setattr(delta, "key_columns", None)
        assert cache.get(there.here.edges.lake.table(TABLE), files(there)[0]) == path


async def test_keys_of_all_tables_have_one_limit(tmp_path, monkeypatch):
    """P7: what was not used for longest goes first."""
    monkeypatch.setattr("avesa.edges.key_cache.MOST_BYTES", 1)
    async with lab(tmp_path) as there:
        await land(there, *old(1, 20))
        await publish(there)
        cache = KeyCache(there.here.settings, TABLE, ["ticket_key"])
        kept = cache.get(there.here.edges.lake.table(TABLE), files(there)[0])
        cache.tidy(files(there))
        assert not kept.exists()


async def test_a_files_bounds_are_believed(tmp_path):
    """A file whose bounds exclude all touched keys is not even opened."""
    async with lab(tmp_path) as there:
        await land(there, *old(500, 520))
        await publish(there)
        here = there.here
        target = Target(TABLE, columns(here.mappings.contract("tickets")), "ticket_key", ("updated_at_source",))
        with Duck(here.settings, "bounds") as duck:
            publication = Publication(target, duck, here.edges.lake, here.settings)
            await publication.open()
            await duck.run("create table touched as select 'connectwise:9' as key")
            await publication.find("found", "touched")
            assert await duck.one("select count(*) from found") == 0
        assert not list(here.settings.scratch_path.glob("keys/*/*.parquet"))

"""50,000 changes applied to tables of 1, 5 and 20 million time entries: avesa against delta-rs MERGE, in one run.

    python benchmarks/merge.py --rows 1000000 5000000 20000000

40,000 changes are of the newest 400,000 rows, 10,000 are new. avesa maps and checks them from landed raw, and
publishes the table; MERGE gets the same rows ready made. Each run is a process of its own on a fresh copy of the
table. `cold` has an empty scratch disk, `warm` the key columns that the run before left there. With --scattered,
ids have no order.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from deltalake import DeltaTable

from avesa.core.messages import Transform
from avesa.core.names import delta_table
from avesa.core.select import outputs
from avesa.core.sql import columns, parquet, versions
from avesa.edges import delta
from avesa.events import silent
from avesa.ports import TableAddress
from avesa.settings import Settings
from avesa.transform import transform
from records import MAPPINGS, ORDERED, SCATTERED, TENANT, TIME_ENTRY, installed, land, peak_mb, records, write

RESULTS = Path(__file__).parent / "results"
ENTITY = MAPPINGS.entity("connectwise", "time/entries")
CONTRACT = MAPPINGS.contract("time_entries")
TABLE = delta_table(TENANT, CONTRACT.table)
BLOCK = 1_000_000
LONGEST = 180
"""Seconds after which a side is stopped; its ratios then say at least how much."""
SPILL = 12 << 30
"""Bytes that MERGE may hold before it spills to disk: the machine has 24 GiB."""


def main() -> None:
    """Measure, print one JSON line per run and one of the ratios, and keep them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[BLOCK, 5 * BLOCK, 20 * BLOCK])
    parser.add_argument("--scattered", action="store_true", help="ids that say nothing of when a row was made")
    parser.add_argument("--small", action="store_true", help="a short run that only shows that it works")
    parser.add_argument("--side", choices=list(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(measured(given.side, given.home)))
        return
    with tempfile.TemporaryDirectory() as folder:
        sizes = [400_000] if given.small else given.rows
        runs = list(measure(Path(folder), sizes, SCATTERED if given.scattered else ORDERED))
    report(runs, "merge_scattered" if given.scattered else "merge", small=given.small)


def measure(folder: Path, sizes: list[int], key: str) -> Iterator[dict[str, Any]]:
    """Run every side on every size."""
    block = folder / "block"
    mapped(records(ENTITY, TIME_ENTRY, ORDERED, f"select range as i from range({min(BLOCK, *sizes)})", "born"), block)
    for rows in sizes:
        home = folder / f"{rows}"
        build(block, home / "lake" / TABLE, rows, key)
        write(changes(rows, key, 0), home / "changes")
        write(changes(rows, key, 5), home / "before")
        mapped(changes(rows, key, 0), home / "mapped")
        for side in SIDES:
            yield run(side, home, rows)
        shutil.rmtree(home)


def changes(rows: int, key: str, shift: int) -> str:
    """Raw records: every tenth of the newest 400,000 rows, and new ones."""
    ids = (
        f"select {rows} - 400000 + {shift} + range * 10 as i from range(40000) "
        f"union all select {rows} + {shift} * 10000 + range as i from range(10000)"
    )
    return records(ENTITY, TIME_ENTRY, key, ids, "timestamptz '2025-12-31 00:00:00Z'")


def mapped(query: str, folder: Path) -> None:
    """Write records as the canonical rows that avesa makes of them."""
    raw = write(query, folder.with_name(f"{folder.name}-raw"))
    chosen, version = outputs(ENTITY.select), MAPPINGS.version(CONTRACT.table)
    made = versions(CONTRACT, ENTITY, TENANT, chosen, version, parquet(map(str, raw)))
    write(f"select * exclude (_broken, _record, _entity) from ({made})", folder, "1GB")
    shutil.rmtree(raw[0].parent)


def build(block: Path, table: Path, rows: int, key: str) -> None:
    """Publish a table of so many rows: the block again and again, each a block's time later."""
    table.mkdir(parents=True)
    added = []
    for number in range(max(1, rows // BLOCK)):
        shift = f"to_seconds({number * BLOCK * 15})"
        moved = [f"{name} + {shift} as {name}" for name in ("started_at", "created_at_source", "updated_at_source")]
        again = f"select *, source_id::bigint + {number * BLOCK} as i from {parquet([f'{block}/*.parquet'])}"
        keyed = f"select * replace (({key})::varchar as source_id, {', '.join(moved)}) from ({again})"
        own = f"select * exclude (i) replace ('connectwise:' || source_id as {CONTRACT.key}) from ({keyed}) order by i"
        made = delta.added(write(own, table / f"{number}")[0].parent)
        added += [delta.Added(one.path, one.local.rename(table / one.path)) for one in made]
    indexed = [CONTRACT.key, "updated_at_source", "created_at_source"]
    address, none = TableAddress(str(table)), delta.NOTHING
    delta.commit(
        address, none, delta.schema(columns(CONTRACT)), added=added, removed=[], why="benchmark", indexed=indexed
    )


def run(side: str, home: Path, rows: int) -> dict[str, Any]:
    """Run one side in a process of its own, on a copy of the table that shares its files."""
    copy = home / "run"
    shutil.copytree(home / "lake", copy / "lake", copy_function=os.link)
    command = [sys.executable, __file__, "--side", side, "--home", str(copy)]
    try:
        line = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=LONGEST).stdout
    except subprocess.TimeoutExpired:
        held = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
        line = json.dumps({"side": side, "seconds": LONGEST, "memory_mb": held, "ended": False})
    shutil.rmtree(copy)
    result: dict[str, Any] = {"rows": rows, **json.loads(line)}
    print(json.dumps(result), flush=True)
    return result


def report(runs: list[dict[str, Any]], name: str, *, small: bool) -> None:
    """Print the ratios and keep all figures."""
    by = {(one["side"], one["rows"]): one for one in runs}
    least, most = min(one["rows"] for one in runs), max(one["rows"] for one in runs)
    ours, theirs = by["avesa cold", most], by["delta-rs merge", most]
    ratios = {
        "rows": most,
        "faster": round(theirs["seconds"] / ours["seconds"], 1),
        "faster when warm": round(theirs["seconds"] / by["avesa warm", most]["seconds"], 1),
        "of its memory": round(ours["memory_mb"] / theirs["memory_mb"], 2),
        f"of its time on {least:,} rows": round(ours["seconds"] / by["avesa cold", least]["seconds"], 2),
    }
    print(json.dumps(ratios))
    if not small:
        RESULTS.mkdir(exist_ok=True)
        file = RESULTS / f"{name}.json"
        file.write_text(json.dumps({"ratios": ratios, "runs": runs}, indent=1) + "\n", encoding="utf-8")


def measured(side: str, home: Path) -> dict[str, Any]:
    """Time one side, and look whether it did the work."""
    table = home / "lake" / TABLE
    before = DeltaTable(table).count()
    seconds = SIDES[side](home)
    assert DeltaTable(table).count() >= before + 10_000  # noqa: S101  a benchmark of nothing tells nothing
    return {"side": side, "seconds": round(seconds, 2), "memory_mb": peak_mb()}


def cold(home: Path) -> float:
    """From landed raw to the commit, nothing on scratch."""
    return asyncio.run(_transform(home, "changes"))


def warm(home: Path) -> float:
    """The same, after another hour's changes."""
    asyncio.run(_transform(home, "before"))
    return cold(home)


async def _transform(home: Path, raw: str) -> float:
    settings = Settings(home=home, memory_limit_mb=1024, threads=2)
    edges = installed(settings)
    await land(edges, ENTITY, sorted((home.parent / raw).glob("*.parquet")))
    message = Transform(tenant=TENANT, table=CONTRACT.table)
    began = time.perf_counter()
    await transform(message, edges=edges, mappings=MAPPINGS, settings=settings, listen=silent)
    return time.perf_counter() - began


def merge(home: Path) -> float:
    """delta-rs MERGE of the mapped rows."""
    began = time.perf_counter()
    rows = pq.read_table(home.parent / "mapped")
    merger = DeltaTable(home / "lake" / TABLE).merge(
        rows,
        predicate=f"t.{CONTRACT.key} = s.{CONTRACT.key}",
        source_alias="s",
        target_alias="t",
        max_spill_size=SPILL,
    )
    merger.when_matched_update_all().when_not_matched_insert_all().execute()
    return time.perf_counter() - began


SIDES = {"avesa cold": cold, "avesa warm": warm, "delta-rs merge": merge}

if __name__ == "__main__":
    main()

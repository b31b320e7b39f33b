"""A first transform of tickets against the same SELECT run by DuckDB alone, in one run.

    python benchmarks/transform.py --rows 500000

Both read the same local raw Parquet, each in a process of its own with the same threads and memory. DuckDB alone
maps each payload to canonical columns and writes them to one Parquet file. The transform also casts, checks, takes
the newest version of each key, and commits with statistics; measured without history and with it.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from avesa.core.mapping import Mappings
from avesa.core.messages import Transform
from avesa.core.normal import MACROS
from avesa.core.select import outputs
from avesa.core.sql import lit, mapped, parquet
from avesa.events import silent
from avesa.settings import Settings
from avesa.transform import transform
from records import MAPPINGS, ORDERED, TENANT, TICKET, installed, land, peak_mb, records, write

RESULTS = Path(__file__).parent / "results" / "transform.json"
ENTITY = MAPPINGS.entity("connectwise", "service/tickets")
MEMORY_MB = 2048
THREADS = 2


def main() -> None:
    """Measure, print one JSON line per run and one of the ratios, and keep them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--small", action="store_true", help="a short run that only shows that it works")
    parser.add_argument("--side", choices=list(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--raw", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(measured(given.side, given.raw)))
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = 20_000 if given.small else given.rows
        raw = Path(folder) / "raw"
        write(records(ENTITY, TICKET, ORDERED, f"select range as i from range({rows})", BORN), raw)
        report([run(side, raw, rows) for side in SIDES], small=given.small)


BORN = "timestamptz '2024-01-01 00:00:00Z' + to_seconds(i)"


def run(side: str, raw: Path, rows: int) -> dict[str, Any]:
    """Run one side in a process of its own."""
    command = [sys.executable, __file__, "--side", side, "--raw", str(raw)]
    line = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    result: dict[str, Any] = {**json.loads(line), "rows": rows}
    result["rows_per_second"] = round(rows / result["seconds"])
    print(json.dumps(result), flush=True)
    return result


def report(runs: list[dict[str, Any]], *, small: bool) -> None:
    """Print the ratios and keep all figures."""
    alone, *ours = runs
    ratios = {f"{one['side']} of duckdb alone": round(alone["seconds"] / one["seconds"], 2) for one in ours}
    print(json.dumps(ratios))
    if not small:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps({"ratios": ratios, "runs": runs}, indent=1) + "\n", encoding="utf-8")


def measured(side: str, raw: Path) -> dict[str, Any]:
    """Time one side."""
    parts = sorted(raw.glob("*.parquet"))
    with tempfile.TemporaryDirectory(dir=raw.parent) as folder:
        seconds = SIDES[side](parts, Path(folder))
    return {"side": side, "seconds": round(seconds, 2), "memory_mb": peak_mb()}


def alone(parts: list[Path], folder: Path) -> float:
    """The mapping's SELECT, from raw Parquet into one canonical Parquet file."""
    chosen = ", ".join(outputs(ENTITY.select))
    with duckdb.connect(config={"threads": THREADS, "memory_limit": f"{MEMORY_MB}MiB"}) as connection:
        for statement in ("set preserve_insertion_order = false", *MACROS):
            connection.execute(statement)
        began = time.perf_counter()
        connection.execute(
            f"copy (select {chosen} from ({mapped(ENTITY, parquet(map(str, parts)))})) "
            f"to {lit(str(folder / 'all.parquet'))} (format parquet, compression zstd)"
        )
        return time.perf_counter() - began


def without_history(parts: list[Path], folder: Path) -> float:
    """The transform, publishing the table alone."""
    contract = replace(MAPPINGS.contract("tickets"), history=False)
    mappings = replace(MAPPINGS, contracts={**MAPPINGS.contracts, "tickets": contract})
    return asyncio.run(_transform(parts, folder, mappings))


def with_history(parts: list[Path], folder: Path) -> float:
    """The transform, publishing the table and its history."""
    return asyncio.run(_transform(parts, folder, MAPPINGS))


async def _transform(parts: list[Path], folder: Path, mappings: Mappings) -> float:
    settings = Settings(home=folder, memory_limit_mb=MEMORY_MB, threads=THREADS)
    edges = installed(settings)
    await land(edges, ENTITY, parts)
    message = Transform(tenant=TENANT, table="tickets")
    began = time.perf_counter()
    await transform(message, edges=edges, mappings=mappings, settings=settings, listen=silent)
    return time.perf_counter() - began


SIDES = {"duckdb alone": alone, "transform": without_history, "transform with history": with_history}

if __name__ == "__main__":
    main()

"""ConnectWise tickets through the REST API into Parquet: avesa, dlt's REST source, and a bare fetch, in one run.

    python benchmarks/ingest.py --rows 100000

All three ask one simulator for the same fields in pages of 1,000 rows, compressed, each in a process of its own. The
simulator has rendered every page once before: each side, or one like it, has asked for them. The bare fetch keeps
nothing and proves nothing: it is what the connection gives.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

RESULTS = Path(__file__).parent / "results" / "ingest.json"
TICKETS = "service/tickets"
PAGE = 1000
Began = tuple[float, float]


def main() -> None:
    """Measure, print one JSON line per run and one of the ratios, and keep them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--small", action="store_true", help="a short run that only shows that it works")
    parser.add_argument("--side", choices=list(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--psa", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measured(given.side, json.loads(given.psa), Path(folder))))
        return
    with psa(5_000 if given.small else given.rows) as told:
        bare(told, Path())  # the simulator renders every page once, those of a walk and those of windows
        subprocess.run(_side("avesa", told), check=True, stdout=subprocess.DEVNULL)
        report([run(side, told) for side in SIDES], small=given.small)


@contextmanager
def psa(rows: int) -> Iterator[dict[str, Any]]:
    """A simulated PSA with so many tickets, its address and credential, and the fields to ask for."""
    ask = (
        "from avesa.edges.mapping_files import read; print(*read(None).entity('connectwise', 'service/tickets').fields)"
    )
    fields = subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True).stdout.split()
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--tickets", str(rows)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None  # noqa: S101  a pipe was asked for
        secret = json.loads(server.stdout.readline())["connectwise"]
        yield {"secret": secret, "fields": ",".join(fields), "rows": rows}
    finally:
        server.terminate()
        server.wait()


def run(side: str, told: dict[str, Any]) -> dict[str, Any]:
    """Run one side in a process of its own."""
    line = subprocess.run(_side(side, told), check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
    print(line, flush=True)
    result: dict[str, Any] = json.loads(line)
    return result


def _side(side: str, told: dict[str, Any]) -> list[str]:
    return [sys.executable, __file__, "--side", side, "--psa", json.dumps(told)]


def measured(side: str, told: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Time one side from its first request to the last file, without its imports, and look whether it got every row."""
    rows, began = SIDES[side](told, folder)
    seconds, cpu = (after - before for after, before in zip(spent(), began, strict=True))
    assert rows == told["rows"], f"{side} got {rows} rows"  # noqa: S101  a benchmark of nothing tells nothing
    peaks = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "side": side,
        "rows": rows,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "rows_per_second": round(rows / seconds),
        "memory_mb": max(peaks) >> 10,
        "written_mb": sum(part.stat().st_size for part in folder.rglob("*.parquet")) >> 20,
    }


def spent() -> tuple[float, float]:
    """Seconds by the clock, and of processor time with that of finished children."""
    times = os.times()
    return time.perf_counter(), times.user + times.system + times.children_user + times.children_system


def report(runs: list[dict[str, Any]], *, small: bool) -> None:
    """Print the ratios and keep all figures."""
    by = {one["side"]: one for one in runs}
    ours, theirs = by["avesa"], by["dlt"]
    ratios = {
        "faster than dlt": round(ours["rows_per_second"] / theirs["rows_per_second"], 1),
        "of dlt's memory": round(ours["memory_mb"] / theirs["memory_mb"], 2),
        "of dlt's processor time": round(ours["cpu_seconds"] / theirs["cpu_seconds"], 2),
        "of a bare fetch": round(ours["rows_per_second"] / by["bare fetch"]["rows_per_second"], 2),
    }
    print(json.dumps(ratios))
    if not small:
        RESULTS.parent.mkdir(exist_ok=True)
        load = [round(one, 1) for one in os.getloadavg()]
        RESULTS.write_text(
            json.dumps({"ratios": ratios, "runs": runs, "load": load}, indent=1) + "\n", encoding="utf-8"
        )


def avesa(told: dict[str, Any], folder: Path) -> tuple[int, Began]:
    """Plan and pull as an ingestion worker does: every window counted, landed and proven."""
    return asyncio.run(_pull(told, folder))


async def _pull(told: dict[str, Any], folder: Path) -> tuple[int, Began]:
    from dataclasses import replace

    import pyarrow.parquet as pq

    from avesa.cli.passes import pull
    from avesa.cli.wiring import Installation, now
    from avesa.client import Clients
    from avesa.core.tenants import Service
    from avesa.edges.embedded import open_home
    from avesa.edges.mapping_files import read
    from avesa.events import silent
    from avesa.services import Services
    from avesa.settings import Settings

    every = read(None)
    source = every.source("connectwise")
    alone = replace(source, entities={TICKETS: source.entities[TICKETS]})
    mappings = replace(every, sources={"connectwise": alone})
    settings = Settings(home=folder, loopback=True)
    began = spent()
    edges = open_home(settings, now)
    pace = {"requests_per_minute": 600_000, "lag_seconds": 0}  # the world's clock stands: nothing commits late
    service = Service(tenant="acme", source="connectwise", settings=pace)
    await edges.secrets.put("acme", "connectwise", told["secret"])
    await Services(edges.store).put(service)
    async with Clients(edges, mappings, settings, silent) as clients:
        await pull(Installation(settings, edges, mappings, clients, silent), [service])
    return sum(pq.read_metadata(part).num_rows for part in (folder / "lake").rglob("*.parquet")), began


def dlt(told: dict[str, Any], folder: Path) -> tuple[int, Began]:
    """Dlt's REST source to Parquet files: nested objects kept as JSON, and no table made of them."""
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "DATA_WRITER__BUFFER_MAX_ITEMS": "20000",
        "EXTRACT__DATA_WRITER__FILE_MAX_ITEMS": "50000",
        "NORMALIZE__WORKERS": "2",
    }
    import pyarrow.parquet as pq
    from dlt import pipeline
    from dlt.destinations import filesystem
    from dlt.sources.rest_api import rest_api_source

    secret = told["secret"]
    user = f"{secret['company_id']}+{secret['public_key']}"
    query = {"fields": told["fields"], "pageSize": PAGE}
    source = rest_api_source(
        {
            "client": {
                "base_url": _api(secret) + "/",
                "auth": {"type": "http_basic", "username": user, "password": secret["private_key"]},
                "headers": {"clientId": secret["client_id"], "pagination-type": "forward-only"},
                "paginator": {"type": "header_link"},
            },
            "resources": [{"name": "tickets", "endpoint": {"path": TICKETS, "params": query}}],
        },
        max_table_nesting=0,
    )
    lake = folder / "lake"
    target = filesystem(bucket_url=lake.as_uri())
    made = pipeline("bench", pipelines_dir=str(folder / "dlt"), destination=target, dataset_name="psa")
    began = spent()
    made.run(source, loader_file_format="parquet")
    return sum(pq.read_metadata(part).num_rows for part in lake.rglob("tickets/*.parquet")), began


def bare(told: dict[str, Any], _: Path) -> tuple[int, Began]:
    """The same pages one after the other, parsed by nobody: rows are told by a name that each has once."""
    secret, rows, began = told["secret"], 0, spent()
    auth = (f"{secret['company_id']}+{secret['public_key']}", secret["private_key"])
    headers = {"clientId": secret["client_id"], "pagination-type": "forward-only"}
    url: str | None = f"{_api(secret)}/{TICKETS}"
    query: dict[str, Any] | None = {"fields": told["fields"], "pageSize": PAGE}
    with httpx.Client(auth=auth, headers=headers, timeout=120, trust_env=False) as http:
        while url:
            page = http.get(url, params=query).raise_for_status()
            rows += page.content.count(b'"summary":')
            url, query = page.links.get("next", {}).get("url"), None
    return rows, began


def _api(secret: dict[str, str]) -> str:
    return f"{secret['url']}/v4_6_release/apis/3.0"


SIDES = {"bare fetch": bare, "avesa": avesa, "dlt": dlt}

if __name__ == "__main__":
    main()

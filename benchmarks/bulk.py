"""Salesforce rows through Bulk API 2.0 into raw Parquet: avesa against simple-salesforce, in one run.

    python benchmarks/bulk.py --rows 1000000

Both read the same job of the same simulated org, each in a process of its own, to the same columns: key,
change time, the row as JSON text, and where it came from. The job's result is rendered once before, for both.
simple-salesforce downloads to files, which the csv and json modules turn into rows for pyarrow.
"""

import argparse
import asyncio
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import requests
from simple_salesforce.bulk2 import SFBulk2Handler

from avesa.budget import Budget
from avesa.client import Client
from avesa.core.entity import Entity
from avesa.core.ledger import Entry, Kind
from avesa.core.tenants import Service
from avesa.core.windows import Window
from avesa.edges import embedded
from avesa.edges.http import Http
from avesa.edges.raw import SCHEMA
from avesa.events import silent
from avesa.landing import Landing
from avesa.settings import Settings
from avesa.sources.salesforce import Salesforce
from avesa.sources.salesforce_query import select, where

WINDOW = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
VERSION = "62.0"


def main() -> None:
    """Measure, and print one JSON line per run and one of the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--side", choices=list(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--org", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measured(given.side, json.loads(given.org), Path(folder))))
        return
    with org(given.rows // 10) as small:
        small_run = run("avesa", small)
    with org(given.rows) as large:
        theirs, ours = run("simple-salesforce", large), run("avesa", large)
    print(
        json.dumps(
            {
                "faster": round(ours["rows_per_second"] / theirs["rows_per_second"], 1),
                "columns": len(large["columns"]),
                "memory_mb_at_a_tenth": small_run["memory_mb"],
                "memory_mb": ours["memory_mb"],
            }
        )
    )


@contextmanager
def org(rows: int) -> Iterator[dict[str, Any]]:
    """A simulated org with so many cases, its job rendered."""
    program = Path(sys.executable).with_name("avesa-simulator")
    server = subprocess.Popen(
        [program, "serve", "--port", "0", "--tickets", str(rows)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None  # noqa: S101  a pipe was asked for
        told = json.loads(server.stdout.readline())["salesforce"]
        yield prepared({name: told[name] for name in ("url", "client_id", "client_secret")})
    finally:
        server.terminate()
        server.wait()


def prepared(secret: dict[str, str]) -> dict[str, Any]:
    """Sign in, describe Case, and have the job rendered."""
    with httpx.Client(base_url=secret["url"], timeout=600, trust_env=False) as http:
        form = {"grant_type": "client_credentials", **{n: secret[n] for n in ("client_id", "client_secret")}}
        token = http.post("/services/oauth2/token", data=form).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        fields = http.get(f"/services/data/v{VERSION}/sobjects/Case/describe").json()["fields"]
        columns = [field["name"] for field in fields if field["type"] not in {"address", "location"}]
        made = {"secret": secret, "token": token, "columns": columns}
        for operation in ("query", "queryAll"):  # simple-salesforce's download and avesa's
            render(http, operation, soql(made))
        return made


def render(http: httpx.Client, operation: str, query: str) -> None:
    """Have the org make a job's result, which it keeps for the next job of the same query."""
    order = {"operation": operation, "query": query, "columnDelimiter": "COMMA", "lineEnding": "LF"}
    job = http.post(f"/services/data/v{VERSION}/jobs/query", json=order).json()["id"]
    while http.get(f"/services/data/v{VERSION}/jobs/query/{job}").json()["state"] != "JobComplete":
        time.sleep(1)


def soql(made: dict[str, Any]) -> str:
    """The query that avesa makes of the window."""
    entity = case(made["columns"])
    return select(entity, chosen(made["columns"]), where(entity, WINDOW), ordered=False)


def chosen(columns: list[str]) -> list[str]:
    """The columns in the order in which avesa asks for them."""
    own = [name for name in columns if not name.endswith("__c")]
    custom = [name for name in columns if name.endswith("__c")]
    return list(dict.fromkeys(["Id", "SystemModstamp", *own, *custom]))


def case(columns: list[str]) -> Entity:
    """The entity: every standard column of Case."""
    shape = {name: "VARCHAR" for name in columns if not name.endswith("__c")}
    return Entity(
        source="salesforce", name="Case", table="tickets", collection="Case", key="Id", time="SystemModstamp",
        shape=shape, select="salesforce",
    )  # fmt: skip


def run(side: str, made: dict[str, Any]) -> dict[str, Any]:
    """Run one side in a process of its own."""
    command = [sys.executable, __file__, "--side", side, "--org", json.dumps(made)]
    line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    print(line.strip(), flush=True)
    result: dict[str, Any] = json.loads(line)
    return result


def measured(side: str, made: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Time one side from the order of the job to the last part."""
    began = time.perf_counter()
    rows = SIDES[side](made, folder)
    seconds = time.perf_counter() - began
    return {
        "side": side,
        "rows": rows,
        "seconds": round(seconds, 2),
        "rows_per_second": round(rows / seconds),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "parquet_mb": sum(part.stat().st_size for part in folder.rglob("*.parquet")) >> 20,
    }


def avesa(made: dict[str, Any], folder: Path) -> int:
    """Pull one window as an ingestion worker does: sign in, count, walk, land, put into the lake."""
    return asyncio.run(_pull(made, folder))


async def _pull(made: dict[str, Any], folder: Path) -> int:
    settings = Settings(home=folder, loopback=True)
    edges = embedded.open_home(settings, lambda: datetime.now(UTC))
    await edges.secrets.put("acme", "salesforce", made["secret"])
    entity, spoken = case(made["columns"]), Salesforce()
    budget = Budget(edges.store, edges.clock, tenant="acme", source="salesforce", per_minute=6000)
    entry = Entry(tenant="acme", source="salesforce", entity="Case", window=WINDOW, kind=Kind.BACKFILL, run="bench")
    async with Http(settings) as http:
        client = Client(
            Service(tenant="acme", source="salesforce"), spoken, http=http, edges=edges, budget=budget, slots=16,
            listen=silent,
        )  # fmt: skip
        count = await client.count(entity, WINDOW, hourly=False)
        with Landing(entry, entity, spoken.stamp, edges, settings, silent) as landing:
            await client.walk(entity, WINDOW, count, landing.page, hourly=False)
            await landing.finish()
            return landing.landed


def simple_salesforce(made: dict[str, Any], folder: Path) -> int:
    """Download with simple-salesforce, looking at the job each second, then convert with csv, json and pyarrow."""
    url = f"{made['secret']['url']}/services/data/v{VERSION}/jobs/"
    handler = SFBulk2Handler(made["token"], url, session=requests.Session())
    pages = handler.Case.download(soql(made), str(folder), wait=1)
    return sum(_convert(Path(page["file"]), folder / f"{part:05}.parquet") for part, page in enumerate(pages))


def _convert(page: Path, part: Path) -> int:
    keys, times, payloads = [], [], []
    with page.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            keys.append(row["Id"])
            times.append(datetime.fromisoformat(row["SystemModstamp"]))
            payloads.append(json.dumps({name: value or None for name, value in row.items()}))
    page.unlink()
    fixed = ["acme", "salesforce", "Case", WINDOW.start, WINDOW.end, datetime.now(UTC), 0]
    columns = [keys, times, payloads, *([value] * len(keys) for value in fixed)]
    pq.write_table(pa.table(columns, schema=SCHEMA), part, compression="zstd", compression_level=1)
    return len(keys)


SIDES = {"avesa": avesa, "simple-salesforce": simple_salesforce}

if __name__ == "__main__":
    main()

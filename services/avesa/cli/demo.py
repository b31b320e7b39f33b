"""`avesa demo`: the main job on simulated vendors, from nothing to published tables, on this machine."""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from avesa.cli.output import say
from avesa.errors import UsageError

MARK = "made-by-avesa-demo"
START_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Cast:
    """One tenant of the demo: its sources, and the seed of its world."""

    tenant: str
    sources: tuple[str, ...]
    seed: int


CAST = (
    Cast("acme", ("connectwise",), 11),
    Cast("globex", ("servicenow",), 12),
    Cast("initech", ("salesforce",), 13),
    Cast("umbrella", ("connectwise", "servicenow"), 14),
)


def demo(
    hours: Annotated[int, typer.Option(min=0, max=48, help="Simulated hours of change after the backfill.")] = 3,
    tickets: Annotated[int, typer.Option(min=10, max=300_000, help="Tickets per simulated tenant.")] = 2000,
) -> None:
    """Start simulated vendors, pull four tenants whole, live through some hours, and show what came of it."""
    from avesa.cli.wiring import run
    from avesa.settings import settings, use

    home = _fresh(settings().home / "demo")
    use(home=home, loopback=True)
    tally = run(_demo(hours, tickets))
    say(f"\nThe lake is in {home}. Go on with:")
    for command in (
        'sql "select tenant, source, status, count(*) as tickets from tickets group by all order by all"',
        'sql "select ticket_key, version, status, valid_from from tickets_history order by version desc limit 9"',
        "status",
        "reprocess acme tickets",
        "mapping show tickets",
    ):
        say(f"  avesa --home {home} {command}")
    if tally.troubles:
        raise typer.Exit(1)


async def _demo(hours: int, tickets: int) -> Any:
    from avesa.cli.progress import Screen, Tally
    from avesa.cli.wiring import installation

    tally = Tally()
    async with AsyncExitStack() as stack:
        say(f"Starting {len(CAST)} simulated tenants with {tickets:,} tickets each …")
        worlds = await asyncio.gather(*(stack.enter_async_context(_world(cast, tickets)) for cast in CAST))
        screen = stack.enter_context(Screen(tally))
        here = await stack.enter_async_context(installation(tally, screen))
        for cast, world in zip(CAST, worlds, strict=True):
            await _add(here, cast, world)
        await _backfill(here, tally)
        for hour in range(1, hours + 1):
            await asyncio.gather(*(_advance(world) for world in worlds))
            await _hour(here, tally, hour)
        await _last_screen(here, tally)
    return tally


async def _backfill(here: Any, tally: Any) -> None:
    from avesa.cli.passes import whole

    await whole(here)
    rate = tally.rows / max(tally.seconds, 0.001)
    say(f"Backfill: {tally.landed:,} rows landed and proven, and four tables per tenant published, "
        f"in {tally.seconds:.1f} s ({rate:,.0f} rows/s end to end).")  # fmt: skip


async def _hour(here: Any, tally: Any, hour: int) -> None:
    from avesa.cli.passes import whole

    seen, merged = tally.rows, len(tally.merged)
    await whole(here)
    fresh = tally.merged[merged:]
    say(f"Hour {hour}: {tally.rows - seen:,} rows pulled (what changed, and the overlap); "
        f"{sum(m.inserted for m in fresh):,} new, {sum(m.updated for m in fresh):,} changed, "
        f"{sum(m.deleted for m in fresh):,} deleted in {len(fresh)} commits.")  # fmt: skip


async def _last_screen(here: Any, tally: Any) -> None:
    from avesa.cli.output import show
    from avesa.cli.state import rows

    show(await rows(here, None), as_json=False)
    counted = sum(pulled.counted for pulled in tally.pulled.values())
    hidden = sum(pulled.hidden for pulled in tally.pulled.values())
    say(f"Proof: the sources counted {counted:,} rows in the windows asked for; {tally.landed:,} are in the lake"
        + (f", {hidden:,} are hidden from the credential." if hidden else ", every one."))  # fmt: skip
    for trouble in tally.troubles:
        say(f"! {trouble}")


async def _add(here: Any, cast: Cast, world: Mapping[str, Any]) -> None:
    from avesa.core.tenants import Service
    from avesa.services import Services
    from avesa.sources.registry import dialect

    for source in cast.sources:
        wanted = {field.name for field in dialect(source).fields}
        credential = {name: str(value) for name, value in world[source].items() if name in wanted}
        await here.edges.secrets.put(cast.tenant, source, credential)
        service = Service(tenant=cast.tenant, source=source, settings={"requests_per_minute": 60_000})
        await Services(here.edges.store).put(service)


@asynccontextmanager
async def _world(cast: Cast, tickets: int) -> AsyncIterator[Mapping[str, Any]]:
    command = ("-m", "simulator", "serve", "--port", "0", "--seed", str(cast.seed), "--tickets", str(tickets))
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None  # noqa: S101  it was asked for
        line = await asyncio.wait_for(process.stdout.readline(), START_WITHIN)
        if not line:
            raise UsageError("The simulator did not start; try `avesa-simulator serve`.")
        yield json.loads(line)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _advance(world: Mapping[str, Any]) -> None:
    import httpx

    url = str(world["connectwise"]["url"])
    async with httpx.AsyncClient(timeout=START_WITHIN) as client:
        (await client.post(f"{url}/_world/advance", json={"hours": 1})).raise_for_status()


def _fresh(home: Path) -> Path:
    """An empty folder for the demo; one that a demo did not make is left alone."""
    if home.exists():
        if not (home / MARK).exists():
            raise UsageError(f"{home} is not a demo's folder; name another with --home.")
        shutil.rmtree(home)
    home.mkdir(parents=True)
    (home / MARK).touch()
    return home

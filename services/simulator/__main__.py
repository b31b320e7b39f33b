"""The command `avesa-simulator`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from simulator.faults import FAULTS, Faults
from simulator.serving import bound, run, url_of
from simulator.site import Site
from simulator.world import World
from simulator.world_birth import seeded
from simulator.world_log import replayed

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def simulator() -> None:
    """Three vendors' APIs over one deterministic world."""


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8080,
    host: str = "127.0.0.1",
    seed: Annotated[int, typer.Option(help="Another seed is another MSP.")] = 1,
    tickets: Annotated[int, typer.Option(min=1, help="Tickets at the start.")] = 3000,
    latency_ms: Annotated[float, typer.Option(min=0, help="Added to every answer.")] = 0,
    requests_per_minute: Annotated[int | None, typer.Option(min=1, help="More are answered 429.")] = None,
    fault: Annotated[list[str] | None, typer.Option(help="May be given again; `faults` lists them.")] = None,
    events: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Replay a log of incidents.")] = None,
    at: Annotated[datetime | None, typer.Option(help="UTC: the log's world stands there; all before is done.")] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Serve https with a certificate made for this run.")] = False,
    public_url: Annotated[str | None, typer.Option(help="The address clients see, if it is not host and port.")] = None,
) -> None:
    """Serve one MSP; the first line printed is JSON that tells how to sign in."""
    unknown = sorted(set(fault or ()) - FAULTS.keys())
    if unknown:
        raise typer.BadParameter(f"no fault {', '.join(unknown)}; `avesa-simulator faults` lists them.")
    world = _world(seed, tickets, events, at)
    with bound(host, port) as socket:
        site = Site(world, Faults(seed, tuple(fault or ())), public_url or url_of(socket, tls=tls))
        run(site, socket, tls=tls, latency_ms=latency_ms, requests_per_minute=requests_per_minute)


@app.command()
def faults() -> None:
    """List what can go wrong."""
    for name, kind in FAULTS.items():
        typer.echo(f"{name:16} {kind.means}")


def _world(seed: int, tickets: int, events: Path | None, at: datetime | None) -> World:
    if events is None:
        return seeded(seed, tickets)
    moment = None if at is None else int(at.replace(tzinfo=at.tzinfo or UTC).timestamp())
    return replayed(events, moment, seed)


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()

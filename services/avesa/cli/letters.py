"""`avesa dlq`: dead letters, why they died, and what to do with them."""

from typing import Annotated, Any

import typer

from avesa.cli.output import AsJson, say, show

app = typer.Typer(help="Look at dead letters; send them again or discard them.", no_args_is_help=True)

Queue = Annotated[str, typer.Argument(help="A queue, such as connectwise-ingestion or canonical-transform-tickets.")]
Ids = Annotated[list[str] | None, typer.Option("--id", help="Only these messages.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Every queue's waiting, working and dead messages."""
    from avesa.cli.wiring import run

    show(run(_depths()), as_json=as_json)


@app.command("show")
def show_(queue: Queue, as_json: AsJson = False) -> None:
    """A queue's dead letters with their reasons."""
    from avesa.cli.wiring import run

    show(run(_dead(queue)), as_json=as_json, empty=f"{queue} has no dead letter.")


@app.command("redrive")
def redrive(queue: Queue, id_: Ids = None) -> None:
    """Send dead letters again, after what killed them is mended."""
    from avesa.cli.wiring import run

    say(f"{run(_settle(queue, 'redrive', id_))} sent again on {queue}.")


@app.command("discard")
def discard(
    queue: Queue, id_: Ids = None, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Remove dead letters for good; the ledger still plans their windows."""
    from avesa.cli.wiring import run

    if not yes:
        typer.confirm(f"Discard {len(id_) if id_ else 'all'} dead letters of {queue}", abort=True)
    say(f"{run(_settle(queue, 'discard', id_))} discarded from {queue}.")


def _names() -> list[str]:
    from avesa.core.names import SOURCES, TABLES, ingest_queue, transform_queue

    return [*(ingest_queue(source) for source in SOURCES), *(transform_queue(table) for table in TABLES)]


def _queue(here: Any, name: str) -> Any:
    from avesa.errors import UsageError

    if name not in _names():
        raise UsageError(f"{name!r} is not a queue; there are {', '.join(_names())}.")
    return here.edges.queue(name)


async def _depths() -> list[dict[str, Any]]:
    from avesa.cli.wiring import installation

    rows = []
    async with installation() as here:
        for name in _names():
            depth = await here.edges.queue(name).depth()
            rows.append({"queue": name, "waiting": depth.waiting, "working": depth.working, "dead": depth.dead})
    return rows


async def _dead(queue: str) -> list[dict[str, Any]]:
    from avesa.cli.wiring import installation

    async with installation() as here:
        letters = await _queue(here, queue).dead()
        return [
            {
                "id": letter.id,
                "attempts": letter.attempts,
                "reason": letter.reason,
                "message": letter.body[:2000].decode(errors="replace"),
            }
            for letter in letters
        ]


async def _settle(queue: str, verb: str, ids: list[str] | None) -> int:
    from avesa.cli.wiring import installation

    async with installation() as here:
        return int(await getattr(_queue(here, queue), verb)(ids or []))

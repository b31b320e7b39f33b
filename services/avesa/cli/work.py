"""`avesa worker` and `avesa health`: what a container runs."""

from typing import Annotated, Any

import typer

app = typer.Typer(help="Work on a queue until told to stop.", no_args_is_help=True)

UntilIdle = Annotated[bool, typer.Option("--until-idle", help="Stop when the queue is empty (scheduled tasks).")]


@app.command("ingest")
def ingest(
    source: Annotated[str, typer.Option(help="connectwise, servicenow or salesforce.")], until_idle: UntilIdle = False
) -> None:
    """Plan and pull one source for all tenants."""
    from avesa.cli.wiring import run
    from avesa.core.names import SOURCES, ingest_queue

    _known(source, SOURCES, "source")
    run(_work(ingest_queue(source), "ingestion", source, until_idle=until_idle))


@app.command("transform")
def transform(
    table: Annotated[str, typer.Option(help="tickets, time_entries, companies or contacts.")],
    until_idle: UntilIdle = False,
) -> None:
    """Publish one canonical table for all tenants."""
    from avesa.cli.wiring import run
    from avesa.core.names import TABLES, transform_queue

    _known(table, TABLES, "table")
    run(_work(transform_queue(table), "transformation", table, until_idle=until_idle))


def health() -> None:
    """Exit 0 while the worker of this container is alive, 1 otherwise; asks nobody else."""
    from avesa.health import healthy
    from avesa.settings import settings

    verdict = healthy(settings().scratch_path)
    typer.echo(verdict.reason)
    raise typer.Exit(0 if verdict.fine else 1)


async def _work(queue: str, what: str, name: str, *, until_idle: bool) -> None:
    from avesa import metrics, worker
    from avesa.cli.wiring import installation, now
    from avesa.edges.aws.protection import protection
    from avesa.settings import settings

    agent = None if until_idle else settings().ecs_agent_uri  # a task that is no service's needs no protection
    async with installation(metrics.emf(settings().environment, name, now)) as here, protection(agent) as guard:
        await worker.run(
            here.edges.queue(queue), getattr(here, what)(name),
            settings=here.settings, listen=here.listen, until_idle=until_idle, guard=guard,
        )  # fmt: skip


def _known(name: str, names: Any, kind: str) -> None:
    from avesa.errors import UsageError

    if name not in names:
        raise UsageError(f"{name!r} is not a {kind}; there are {', '.join(names)}.")

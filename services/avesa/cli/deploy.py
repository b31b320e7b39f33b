"""`avesa deploy`: make or change an environment's stacks."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from avesa.cli.output import say, show

EMULATED = "000000000000"
"""The account of every emulator."""


def deploy(
    env: Annotated[str, typer.Option(help="local, dev, staging or prod.")],
    service: Annotated[
        list[str] | None, typer.Option(help="Only this service's stacks, such as connectwise-ingestion; may repeat.")
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="The environment's account; any other is refused.", envvar="AVESA_ACCOUNT")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Parameter=value, over the parameter files.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Show what would change in each stack, ask, change it, and wait."""
    from avesa import __version__
    from avesa.core.stacks import ENVIRONMENTS, stacks
    from avesa.deploy import deploy as bring
    from avesa.edges import template_files
    from avesa.edges.cloudformation import Account
    from avesa.errors import UsageError
    from avesa.settings import settings

    if env not in ENVIRONMENTS:
        raise UsageError(f"{env!r} is not an environment; there are {', '.join(ENVIRONMENTS)}.")
    endpoint = settings().endpoint_url
    if (env == "local") != bool(endpoint):
        raise UsageError("AVESA_ENDPOINT_URL names the emulator: it goes with --env local, and only with that.")
    expected = account or (EMULATED if env == "local" else "")
    if not expected:
        raise UsageError(f"Say which account {env} is in: --account, or AVESA_ACCOUNT.")
    given = {"Version": __version__, **_pairs(set_ or [])}
    wanted = stacks(env, template_files.read(), given, service or ())
    bring(Account(settings().region, endpoint), expected, wanted, _yes if yes else _ask, say)


def _ask(stack: Any, changes: Sequence[Any]) -> bool:
    _print(stack, changes)
    return typer.confirm(f"Apply to {stack.name}?")


def _yes(stack: Any, changes: Sequence[Any]) -> bool:
    _print(stack, changes)
    return True


def _print(stack: Any, changes: Sequence[Any]) -> None:
    say(f"\n{stack.name}")
    rows = [
        {"action": c.action, "resource": c.resource, "type": c.kind, "the_old_one_goes": c.replaces} for c in changes
    ]
    show(rows, as_json=False)


def _pairs(written: list[str]) -> dict[str, str]:
    from avesa.errors import UsageError

    pairs = [pair.partition("=") for pair in written]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        raise UsageError(f"--set takes Parameter=value; {wrong[0]!r} has no =.")
    return {name: value for name, _, value in pairs}

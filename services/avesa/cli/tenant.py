"""`avesa tenant`: which tenants there are and what is on for them."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from avesa.cli.output import AsJson, say, show
from avesa.errors import UsageError

app = typer.Typer(help="Add, list, pause, resume and remove tenants.", no_args_is_help=True)

Tenant = Annotated[str, typer.Argument(help="The tenant's id.")]
Source = Annotated[str, typer.Argument(help="connectwise, servicenow or salesforce.")]
OneSource = Annotated[str | None, typer.Option("--source", help="Only this source.")]


@app.command("add")
def add(
    tenant: Tenant,
    source: Source,
    secret_file: Annotated[
        str | None, typer.Option(help="A JSON object with the credential's fields; - reads standard input.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="key=value: a credential field, or a setting such as lookback_days."),
    ] = None,
) -> None:
    """Add a tenant's source; asks for what is missing and never shows a secret."""
    from avesa.cli.wiring import run
    from avesa.core.tenants import tenant_id

    tenant_id(tenant)
    dialect = _dialect(source)
    given = {**_read_secret(secret_file), **_pairs(set_ or [])}
    credential = {
        field.name: _ask(field, given.pop(field.name, None), ask=secret_file != "-") for field in dialect.fields
    }
    credential = {name: value for name, value in credential.items() if value}
    run(_add(tenant, source, credential, {name: _number(value) for name, value in given.items()}))
    say(f"{tenant} is on for {source}. Next: avesa check {tenant}")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List every tenant's sources."""
    from avesa.cli.wiring import run

    show(run(_rows(None)), as_json=as_json, empty="No tenant yet. Add one: avesa tenant add TENANT SOURCE")


@app.command("show")
def show_(tenant: Tenant, as_json: AsJson = False) -> None:
    """Show one tenant's sources and settings, never its secrets."""
    from avesa.cli.wiring import run

    show(run(_rows(tenant)), as_json=as_json)


@app.command("pause")
def pause(tenant: Tenant, source: OneSource = None) -> None:
    """Stop planning a tenant; what has landed is still published."""
    _each(tenant, source, "pause")
    say(f"{tenant} is paused. Go on with: avesa tenant resume {tenant}")


@app.command("resume")
def resume(tenant: Tenant, source: OneSource = None) -> None:
    """Plan a paused or parked tenant again."""
    _each(tenant, source, "resume")
    say(f"{tenant} is on again; the next run catches up.")


@app.command("remove")
def remove(
    tenant: Tenant, source: OneSource = None, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Forget a tenant's services and credentials; its lake stays."""
    if not yes:
        typer.confirm(f"Forget {tenant}'s {source or 'sources'} and credentials? What is in the lake stays", abort=True)
    _each(tenant, source, "remove")
    say(f"{tenant}'s {source or 'sources'} and credentials are gone; its lake is as it was.")


async def _add(tenant: str, source: str, credential: dict[str, str], settings: dict[str, Any]) -> None:
    from avesa.cli.wiring import installation
    from avesa.core.tenants import Service
    from avesa.services import Services

    async with installation() as here:
        service = Service(tenant=tenant, source=source, settings=settings)
        here.mappings.pace(service)  # refuses a setting it does not know
        await here.edges.secrets.put(tenant, source, credential)
        await Services(here.edges.store).put(service)


async def _rows(tenant: str | None) -> list[dict[str, Any]]:
    from avesa.cli.wiring import installation
    from avesa.services import Services

    async with installation() as here:
        services = Services(here.edges.store)
        found = await (services.all() if tenant is None else services.of(tenant))
        return [
            {
                "tenant": service.tenant,
                "source": service.source,
                "state": "parked" if service.parked else "paused" if service.paused else "on",
                "settings": service.settings or None,
                "reason": service.parked,
            }
            for service in found
        ]


def _each(tenant: str, source: str | None, verb: str) -> None:
    from avesa.cli.wiring import run

    run(_change(tenant, source, verb))


async def _change(tenant: str, source: str | None, verb: str) -> None:
    from avesa.cli.wiring import installation
    from avesa.services import Services

    async with installation() as here:
        services = Services(here.edges.store)
        found = [s.source for s in await services.of(tenant) if source in {None, s.source}]
        if not found:
            raise UsageError(f"Tenant {tenant} has no {source}. `avesa tenant show {tenant}` shows what it has.")
        for name in found:
            await getattr(services, verb)(tenant, name)
            if verb == "remove":
                await here.edges.secrets.put(tenant, name, None)


def _dialect(source: str) -> Any:
    from avesa.sources.registry import dialect

    return dialect(source)


def _read_secret(file: str | None) -> dict[str, str]:
    import json

    if file is None:
        return {}
    try:
        written = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        fields = json.loads(written)
    except (OSError, ValueError):
        raise UsageError(f"{file} is not a readable JSON file with the credential's fields.") from None
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise UsageError(f"{file} must hold one JSON object of text fields.")
    return fields


def _pairs(written: list[str]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in written]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        raise UsageError(f"--set takes key=value; {wrong[0]!r} has no =.")
    return {name: value for name, _, value in pairs}


def _ask(field: Any, given: str | None, *, ask: bool) -> str:
    if given is not None:
        return given
    if not field.required or field.default:
        return str(field.default)
    if not (ask and sys.stdin.isatty()):
        raise UsageError(f"{field.name} is missing ({field.help}): put it in --secret-file.")
    return str(typer.prompt(f"{field.help} ({field.name})", hide_input=field.secret))


def _number(written: str) -> Any:
    try:
        return float(written) if "." in written else int(written)
    except ValueError:
        return written

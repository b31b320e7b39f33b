"""Which stacks an environment consists of: their order, names and parameters.

    data ─▶ cluster ─▶ one worker per service ─▶ one schedule per service

One worker template and one schedule template serve every service; what differs stands in
`services/<name>.yaml` and `environments/<name>.yaml`. A parameter whose type is an SSM parameter
is filled with the name under which an earlier stack left it: `LakeBucket` → `/avesa/dev/lake-bucket`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from avesa.errors import UsageError

ENVIRONMENTS = ("local", "dev", "staging", "prod")
_SHARED = ("data", "cluster")
_PER_SERVICE = {"worker": "avesa-{service}-{environment}", "schedule": "avesa-{service}-schedule-{environment}"}


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack as it should be; `template` is the text of its template."""

    name: str
    template: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    protected: bool
    """Holds data: CloudFormation is told to refuse to delete it."""


def stacks(
    environment: str, files: Mapping[str, str], given: Mapping[str, str], only: Iterable[str] = ()
) -> tuple[Stack, ...]:
    """The stacks of an environment in the order of their making.

    `files` maps paths under the template folder to texts; `given` wins over the parameter files;
    `only` names services, whose stacks alone are wanted. UsageError names what does not fit.
    """
    services = {_stem(path): _entries(files, path) for path in sorted(files) if path.startswith("services/")}
    if unknown := set(only) - services.keys():
        raise UsageError(f"There is no service {min(unknown)!r}; there are {', '.join(services)}.")
    chosen = {**_entries(files, f"environments/{environment}.yaml"), **given, "Environment": environment}
    _all_taken(files, given, services.values())
    shared = () if only else _SHARED
    return (
        *(_stack(f"avesa-{kind}-{environment}", kind, files, chosen, None) for kind in shared),
        *(
            _stack(
                pattern.format(service=name, environment=environment),
                kind, files, {**services[name], **chosen, "Service": name}, name,
            )
            for kind, pattern in _PER_SERVICE.items()
            for name in services
            if not only or name in set(only)
        ),
    )  # fmt: skip


def ssm_name(environment: str, parameter: str) -> str:
    """Where stacks leave a value for one another: `LakeBucket` → `/avesa/dev/lake-bucket`."""
    return f"/avesa/{environment}/" + re.sub(r"(?<!^)(?=[A-Z])", "-", parameter).lower()


@cache
def declared(template: str) -> dict[str, dict[str, Any]]:
    """The parameters a template takes, by name."""
    held: dict[str, dict[str, Any]] = yaml.load(template, _Loader)["Parameters"]  # noqa: S506  derives from SafeLoader
    return held


def _stack(name: str, kind: str, files: Mapping[str, str], chosen: Mapping[str, str], service: str | None) -> Stack:
    environment, template = chosen["Environment"], files[f"{kind}.yaml"]
    tags = {"Application": "avesa", "Environment": environment, "Service": service or "shared"}
    return Stack(name, template, dict(_filled(name, template, chosen)), tags, kind == "data" and environment != "local")


def _filled(name: str, template: str, chosen: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for parameter, described in declared(template).items():
        if parameter in chosen:
            yield parameter, chosen[parameter]
        elif str(described["Type"]).startswith("AWS::SSM::Parameter::Value"):
            yield parameter, ssm_name(chosen["Environment"], parameter)
        elif "Default" not in described:
            raise UsageError(f"{name} needs the parameter {parameter}: give it with --set {parameter}=…")


def _all_taken(files: Mapping[str, str], given: Mapping[str, str], services: Iterable[Mapping[str, str]]) -> None:
    taken = {parameter for path, text in files.items() if "/" not in path for parameter in declared(text)}
    for entries in (given, *services):
        if unknown := entries.keys() - taken:
            raise UsageError(f"No template takes the parameter {min(unknown)}; they take {', '.join(sorted(taken))}.")


def _entries(files: Mapping[str, str], path: str) -> dict[str, str]:
    if path not in files:
        raise UsageError(f"{path} is missing beside the templates.")
    return {name: str(value) for name, value in (yaml.safe_load(files[path]) or {}).items()}


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".yaml")


class _Loader(yaml.CSafeLoader):
    """Reads a template; the short forms of functions (`!Ref`) are not looked into."""


_Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)

"""Templates as CloudFormation would read them for one environment: parameters, conditions and mappings resolved.

References to resources stay as they are, since rule sets know those; everything else becomes plain values.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, reduce
from typing import Any

import yaml

from avesa.core.stacks import Stack, stacks
from avesa.edges import template_files

ACCOUNT, REGION = "111122223333", "us-east-2"
PSEUDO = {"AWS::AccountId": ACCOUNT, "AWS::Region": REGION, "AWS::Partition": "aws", "AWS::StackName": "stack"}
NOTHING = {"Ref": "AWS::NoValue"}


@cache
def wanted(environment: str, **given: str) -> tuple[Stack, ...]:
    """Every stack of an environment."""
    return stacks(environment, template_files.read(), {"Version": "0.1.0", **given})


def settings_of(environment: str) -> dict[str, str]:
    """What stacks leave for one another in SSM, made up."""
    suffix = "" if environment == "prod" else f"-{environment}"
    tables = ("TenantServices", "LastUpdated", "Windows", "Leases")
    made = {
        "key-arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555",
        "lake-bucket": f"data-storage-msp-{environment}",
        "repository-uri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/avesa-{environment}",
        "table-arns": ",".join(f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}{suffix}" for table in tables),
        "cluster": f"avesa-{environment}",
        "subnets": "subnet-0a1b2c3d,subnet-4e5f6a7b",
        "security-group": "sg-0a1b2c3d",
        "public-address": "DISABLED",
        "log-group": f"/avesa/{environment}",
        "alerts-topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:avesa-alerts-{environment}",
        "execution-role-arn": f"arn:aws:iam::{ACCOUNT}:role/avesa-execution-{environment}",
    }
    return {f"/avesa/{environment}/{name}": value for name, value in made.items()}


def render(stack: Stack, left: Mapping[str, str] | None = None, account: str = ACCOUNT) -> dict[str, Any]:
    """One stack's template, resolved; `left` is what earlier stacks left in SSM."""
    return _Reader(stack, left or settings_of(stack.parameters["Environment"]), account).rendered()


@cache
def load(text: str) -> dict[str, Any]:
    """A template with its functions in their long form."""
    read: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506  derives from SafeLoader
    return read


class _Reader:
    def __init__(self, stack: Stack, left: Mapping[str, str], account: str) -> None:
        self.template = load(stack.template)
        self.values: dict[str, Any] = {**PSEUDO, "AWS::AccountId": account}
        for name, described in self.template["Parameters"].items():
            value = stack.parameters.get(name, described.get("Default"))
            value = left.get(value, value) if "SSM" in described["Type"] else value
            self.values[name] = _typed(described["Type"], value)

    def rendered(self) -> dict[str, Any]:
        resources = {
            name: {key: self.resolve(value) for key, value in resource.items() if key != "Condition"}
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }
        return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}

    def holds(self, name: str) -> bool:
        return bool(self.resolve(self.template["Conditions"][name]))

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [found for one in value if (found := self.resolve(one)) != NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, given),) = value.items()
            if name in {"Ref", "Condition"} or name.startswith("Fn::"):
                return self.call(name.removeprefix("Fn::"), given, value)
        return {key: found for key, one in value.items() if (found := self.resolve(one)) != NOTHING}

    def call(self, name: str, given: Any, whole: Any) -> Any:
        functions: dict[str, Callable[[Any], Any]] = {
            "Ref": lambda name: self.values.get(name, whole),
            "Condition": lambda one: self.holds(one) if isinstance(one, str) else {"Condition": self.resolve(one)},
            "If": lambda choice: self.resolve(choice[1] if self.holds(choice[0]) else choice[2]),
            "Equals": lambda pair: self.resolve(pair[0]) == self.resolve(pair[1]),
            "Not": lambda one: not self.resolve(one[0]),
            "And": lambda all_: all(self.resolve(all_)),
            "FindInMap": lambda path: reduce(dict.__getitem__, self.resolve(path), self.template["Mappings"]),
            "Sub": self.substitute,
        }
        return functions[name](given) if name in functions else whole

    def substitute(self, text: str) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda found: str(self.values.get(found[1], f"<{found[1]}>")), text)


def _typed(kind: str, value: Any) -> Any:
    if "List" in kind:
        return value.split(",")
    return int(value) if kind == "Number" else str(value)


class _Loader(yaml.CSafeLoader):
    pass


def _function(loader: Any, suffix: str, node: Any) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)

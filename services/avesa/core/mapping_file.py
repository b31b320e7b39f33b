"""The form of the YAML files under `mappings/`; a mistake names its file and line."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from avesa.errors import BadMapping


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EntityForm(_Form):
    """One entity of a source file."""

    table: str
    collection: str = ""
    key: str
    time: str
    page_size: int = Field(1000, ge=1, le=10_000)
    select: str = ""
    tombstones: bool = False
    optional: bool = False
    options: dict[str, Any] = {}
    shape: dict[str, Any]


class SourceForm(_Form):
    """A source file; `custom` tells the names of fields that a tenant adds, such as `*__c`."""

    source: str
    requests_per_minute: float = Field(gt=0)
    custom: str = Field("", pattern=r"^(\w+\*|\*\w+)?$")
    entities: dict[str, EntityForm] = Field(min_length=1)


class PaceForm(_Form):
    """How a tenant's source is planned; what is not given is left to the next wider setting."""

    lookback_days: int | None = Field(None, ge=1)
    window_days: int | None = Field(None, ge=1, le=366)
    requests_per_minute: float | None = Field(None, gt=0)
    overlap_seconds: int | None = Field(None, ge=0)
    lag_seconds: int | None = Field(None, ge=0)


class BackfillForm(_Form):
    """`backfill.yaml`."""

    defaults: PaceForm
    tenants: dict[str, PaceForm] = {}


F = TypeVar("F", bound=BaseModel)


def read_form(path: str, text: str, form: type[F]) -> F:
    """Read a file into its form."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.compose(text, Loader=loader)
        return form.model_validate(yaml.load(text, Loader=loader))  # noqa: S506  it is the safe loader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadMapping(f"{path}:{line}: not YAML: {error.problem}") from None
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise BadMapping(f"{path}:{_line(node, list(fault['loc']))}: {where}: {fault['msg']}") from None


def _line(node: Any, loc: list[Any]) -> int:
    """The line of what a validation error points at, or of the nearest thing around it."""
    line = int(node.start_mark.line) + 1 if node is not None else 1
    if not loc or not isinstance(getattr(node, "value", None), list):
        return line
    for pair in node.value:
        if isinstance(pair, tuple) and pair[0].value == loc[0]:
            return _line(pair[1], loc[1:]) if loc[1:] else int(pair[0].start_mark.line) + 1
    return line

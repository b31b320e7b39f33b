"""CloudFormation templates on disk: the packaged ones, or those of a checkout."""

from pathlib import Path

from avesa.errors import UsageError

PACKAGED = Path(__file__).parents[1] / "cloudformation"
CHECKOUT = Path(__file__).parents[3] / "deploy" / "cloudformation"


def read() -> dict[str, str]:
    """Templates and parameter files by their path under the folder."""
    root = PACKAGED if PACKAGED.is_dir() else CHECKOUT
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder of templates.")
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in root.rglob("*.yaml")}

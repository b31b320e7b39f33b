"""Mapping files on disk: the packaged ones, or a folder of somebody's own."""

from pathlib import Path

from avesa.core.mapping import Mappings, load
from avesa.errors import BadMapping

PACKAGED = Path(__file__).parents[1] / "mappings"
CHECKOUT = Path(__file__).parents[3] / "mappings"


def read(folder: Path | None = None) -> Mappings:
    """Read and check a folder of mapping files."""
    root = folder or (PACKAGED if PACKAGED.is_dir() else CHECKOUT)
    if not root.is_dir():
        raise BadMapping(f"{root} is not a folder of mapping files.")
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.suffix in {".yaml", ".sql"}}
    return load({name: path.read_text(encoding="utf-8") for name, path in files.items()})

"""An installation on one machine: SQLite for state and queues, a folder as lake, a file for secrets."""

from functools import cache
from pathlib import Path

from avesa.edges.embedded.database import Database
from avesa.edges.embedded.lake import FolderLake
from avesa.edges.embedded.queue import SqliteQueue
from avesa.edges.embedded.secrets import FileSecrets
from avesa.edges.embedded.store import SqliteStore
from avesa.ports import Clock, Edges
from avesa.settings import Settings


def open_home(settings: Settings, clock: Clock) -> Edges:
    """Open the installation in `settings.home`, making it if it is not there."""
    database = Database(settings.home / "state.sqlite")

    @cache
    def queue(name: str) -> SqliteQueue:
        return SqliteQueue(database, name, clock, visibility=settings.visibility)

    return Edges(
        store=SqliteStore(database),
        lake=FolderLake(Path(settings.lake_url)),
        secrets=FileSecrets(settings.home / "secrets.json"),
        queue=queue,
        clock=clock,
    )

"""Names of objects, items and queues. A tenant comes first in every one, so that a policy can hold it there (P4)."""

import re

from avesa.core.tenants import tenant_id
from avesa.core.windows import Window

SOURCES = ("connectwise", "servicenow", "salesforce")
TABLES = ("tickets", "time_entries", "companies", "contacts")


def slug(entity: str) -> str:
    """An entity's name as part of an object name: `service/tickets` → `service-tickets`."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", entity).strip("-")


def raw_prefix(tenant: str, source: str, entity: str) -> str:
    """Where an entity's raw objects stand."""
    return f"{tenant_id(tenant)}/raw/{slug(source)}/{slug(entity)}/"


def raw_part(tenant: str, source: str, entity: str, window: Window, run: str, part: int) -> str:
    """One part of one run of one window; a second run never writes over the first (T12)."""
    span = f"{window.start:%Y%m%dT%H%M%SZ}-{window.end:%Y%m%dT%H%M%SZ}"
    return f"{raw_prefix(tenant, source, entity)}{span}/{run}-{part:05}.parquet"


def delta_table(tenant: str, table: str) -> str:
    """Where a published table stands: `acme/canonical/tickets` (also `…_history`, `…_quarantine`)."""
    return f"{tenant_id(tenant)}/canonical/{slug(table)}"


def windows_partition(tenant: str, source: str, entity: str) -> str:
    """The ledger partition of one tenant's one entity."""
    return f"{tenant_id(tenant)}#{source}#{entity}"


def ingest_queue(source: str) -> str:
    """The queue of a source's ingestion service."""
    return f"{source}-ingestion"


def transform_queue(table: str) -> str:
    """The queue of a table's transform service."""
    return f"canonical-transform-{table.replace('_', '-')}"


def aws_queue(name: str, environment: str) -> str:
    """A queue as SQS knows it: `avesa-connectwise-ingestion-dev`."""
    return f"avesa-{name}-{environment}"


def aws_dead_letters(name: str, environment: str) -> str:
    """The dead-letter queue beside it: `avesa-connectwise-ingestion-dlq-dev`."""
    return f"avesa-{name}-dlq-{environment}"


def aws_table(table: str, environment: str) -> str:
    """A table of the store as DynamoDB knows it: `TenantServices-dev`; production's carry no suffix."""
    return table if environment == "prod" else f"{table}-{environment}"


def aws_bucket(environment: str) -> str:
    """The lake's bucket where no setting names another: `data-storage-msp-dev`."""
    return f"data-storage-msp-{environment}"


def aws_secret(tenant: str, environment: str) -> str:
    """The one secret of a tenant: `avesa/dev/tenants/acme`."""
    return f"avesa/{environment}/tenants/{tenant_id(tenant)}"


def aws_key(environment: str) -> str:
    """The alias of the key that encrypts it."""
    return f"alias/avesa-{environment}"

"""Tenant ids, checked before they reach a key (P4), and what is on for a tenant."""

import re
from dataclasses import dataclass, field
from typing import Any

from avesa.errors import UsageError

_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,40}")


def tenant_id(written: str) -> str:
    """Return a tenant id that may stand in a key; UsageError otherwise."""
    if not _ID.fullmatch(written):
        raise UsageError(
            f"{written!r} is not a tenant id: use 2 to 41 small letters, digits and dashes, "
            "starting with a letter or digit."
        )
    return written


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One tenant's use of one source: an item of `TenantServices`.

    `settings` are per-tenant overrides of `mappings/backfill.yaml` (lookback_days, requests_per_minute, …).
    A parked service names why; a paused one was stopped by an operator. Neither is planned.
    """

    tenant: str
    source: str
    settings: dict[str, Any] = field(default_factory=dict)
    paused: bool = False
    parked: str | None = None

    @property
    def active(self) -> bool:
        """Whether it is planned and pulled."""
        return not self.paused and self.parked is None

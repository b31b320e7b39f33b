"""ConnectWise's small collections: members, boards, statuses, priorities and the like."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from simulator.connectwise_collection import Collection
from simulator.connectwise_refs import Refs
from simulator.site import Site
from simulator.world_rows import Label, Member
from simulator.world_table import Table

EXTRA: dict[str, dict[str, Any]] = {
    "service/priorities": {"color": "Red"},
    "time/workTypes": {"billTime": "Billable", "rate": 1.0, "rateType": "Multiplier"},
}
"""Required by the vendor's model beside a name."""


class Entry(Struct, frozen=True, gc=False, kw_only=True):
    """One record of a small collection, made when the instance was set up."""

    id: int
    body: Any
    version: int = 1
    created_at: int
    updated_at: int
    updated_by: int = 1


def small_collections(site: Site, refs: Refs) -> list[Collection]:
    """All of them."""
    lists = site.world.catalog
    labels = {
        "service/boards": ("Board", lists.boards),
        "service/statuses": ("Status", lists.statuses),
        "service/priorities": ("Priority", lists.priorities),
        "service/types": ("Type", lists.types),
        "service/sources": ("Source", lists.sources),
        "time/workTypes": ("WorkType", lists.work_types),
        "company/companies/types": ("CompanyType", lists.company_types),
        "company/companies/statuses": ("CompanyStatus", lists.company_statuses),
        "company/marketDescriptions": ("MarketDescription", lists.markets),
    }
    found = [
        _collection(site, refs, path, name, (_label(label) | EXTRA.get(path, {}) for label in rows.values()))
        for path, (name, rows) in labels.items()
    ]
    present = [_member(member) for member in lists.members.values() if not member.left]
    return [*found, _collection(site, refs, "system/members", "Member", present)]


def _collection(site: Site, refs: Refs, path: str, resource: str, bodies: Iterable[dict[str, Any]]) -> Collection:
    born = site.world.now - 4 * 365 * 86_400
    table: Table[Entry] = Table(path)
    table.fill([Entry(id=body["id"], body=body, created_at=born, updated_at=born) for body in bodies], born)
    return Collection(site, path, resource, table, lambda row: {**row.body, "_info": refs.info(row)})


def _label(label: Label) -> dict[str, Any]:
    return {
        "id": label.id,
        "name": label.name,
        "sortOrder": label.id,
        "inactiveFlag": False,
        "closedStatus": label.closed,
    }


def _member(member: Member) -> dict[str, Any]:
    return {
        "id": member.id,
        "identifier": member.identifier,
        "firstName": member.first_name,
        "lastName": member.last_name,
        "primaryEmail": member.email,
        "hourlyRate": float(member.hourly_rate),
        "inactiveFlag": False,
        "licenseClass": "F",
        "defaultEmail": "Office",
        "defaultPhone": "Office",
        "invoicingDisplayOptions": "RemainOnInvoicingScreen",
        "agreementInvoicingDisplayOptions": "RemainOnInvoicingScreen",
        "invoiceScreenDefaultTabFormat": "ShowInvoicingTab",
    }

"""A company and a contact as ConnectWise PSA shows them."""

from typing import Any

from simulator import names
from simulator.connectwise_plain import COMPANY, CONTACT
from simulator.connectwise_refs import Refs, custom_fields, guid
from simulator.world import genes
from simulator.world_rows import Company, Contact
from simulator.world_truth import iso


def company(refs: Refs, row: Company) -> dict[str, Any]:
    """`company/companies`; one in the recycle bin is still listed."""
    bits = genes(refs.world.seed, row.id, 2)
    lists = refs.world.catalog
    people = refs.world.people.get(row.id)
    return {
        **COMPANY,
        "id": row.id,
        "identifier": row.identifier,
        "name": row.name,
        "status": refs.label("companystatus", lists.company_statuses, row.status_id, "company/companies/statuses"),
        **_address(refs, row),
        **_bin(refs, row),
        "phoneNumber": row.phone or "",
        "website": row.website,
        "territory": refs.fixed(2, "Tampa"),
        "market": refs.label("market", lists.markets, row.market_id, "company/marketDescriptions"),
        "accountNumber": f"{bits % 100000:05d}" if bits % 4 else "",
        "defaultContact": refs.contact(people[0]) if people else None,
        "dateAcquired": iso(row.created_at),
        "annualRevenue": float(bits % 50) * 100_000,
        "numberOfEmployees": row.employees,
        "yearEstablished": 1950 + bits % 70,
        "timeZoneSetup": refs.fixed(1, "US Eastern"),
        "taxCode": refs.fixed(11, "State"),
        "billingTerms": {"id": 2, "name": "Net 10"},
        "billToCompany": refs.company(row.id),
        "invoiceDeliveryMethod": {"id": 1, "name": "Mail"},
        "mobileGuid": guid(bits),
        "currency": refs.fixed(7, "US Dollars", symbol="$", currencyCode="USD"),
        "isVendorFlag": 3 in row.type_ids,
        "types": [
            refs.label("companytype", lists.company_types, key, "company/companies/types") for key in row.type_ids
        ],
        "site": refs.fixed(20, "Main"),
        "customFields": custom_fields(bits),
        "_info": refs.info(
            row,
            row.updated_by,
            contacts_href=f"company/contacts?conditions=company/id={row.id}",
            agreements_href=f"finance/agreements?conditions=company/id={row.id}",
            tickets_href=f"service/tickets?conditions=company/id={row.id}",
            notes_href=f"company/companies/{row.id}/notes",
        ),
    }


def _address(refs: Refs, row: Company) -> dict[str, Any]:
    city, state, postcode = names.CITIES[row.city]
    return {
        "addressLine1": row.street,
        "city": city,
        "state": state,
        "zip": postcode,
        "country": refs.fixed(1, "United States"),
    }


def _bin(refs: Refs, row: Company) -> dict[str, Any]:
    return {
        "deletedFlag": row.deleted_at is not None,
        "dateDeleted": iso(row.deleted_at),
        "deletedBy": refs.login(row.deleted_by),
    }


def contact(refs: Refs, row: Contact) -> dict[str, Any]:
    """`company/contacts`; addresses and numbers are communication items."""
    bits = genes(refs.world.seed, row.id, 3)
    return {
        **CONTACT,
        "id": row.id,
        "firstName": row.first_name,
        "lastName": row.last_name,
        "company": refs.company(row.company_id),
        "site": refs.fixed(20, "Main") if row.company_id else None,
        "inactiveFlag": not row.active,
        "title": row.title,
        "unsubscribeFlag": bits % 9 == 0,
        "mobileGuid": guid(bits),
        "defaultPhoneType": "Direct" if row.phone else None,
        "defaultPhoneNbr": row.phone,
        "defaultFlag": row.primary,
        "companyLocation": refs.fixed(2, "Tampa"),
        "communicationItems": communication_items(refs, row),
        "customFields": custom_fields(bits),
        "_info": refs.info(row, row.updated_by, communications_href=f"company/contacts/{row.id}/communications"),
    }


def communication_items(refs: Refs, row: Contact) -> list[dict[str, Any]]:
    """E-mail address, phone and mobile; the first of each kind is its default."""
    kinds = ((1, "Email", "Email", row.email), (2, "Direct", "Phone", row.phone), (4, "Mobile", "Phone", row.mobile))
    items: list[dict[str, Any]] = []
    for number, name, kind, value in kinds:
        if value is not None:
            items.append(
                {
                    "id": row.id * 4 + number % 4,
                    "type": refs.fixed(number, name),
                    "value": value,
                    "defaultFlag": all(item["communicationType"] != kind for item in items),
                    "communicationType": kind,
                }
            )
            if kind == "Email":
                items[-1]["domain"] = "@" + value.partition("@")[2]
    return items

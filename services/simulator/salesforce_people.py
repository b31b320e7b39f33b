"""Account, Contact, User and Group (queues): the world's companies, contacts, members and boards."""

from collections.abc import Callable
from typing import Any

from simulator import names
from simulator.salesforce_audit import (
    ACCOUNT,
    ADMIN,
    CONTACT,
    QUEUE,
    USER,
    audit,
    identifier,
    is_deleted,
    nulls,
    own_id,
    reference,
    updater,
)
from simulator.salesforce_org import BIRTH, FixedRows, Rows, SalesforceOrg, stamp_of
from simulator.salesforce_schema import Child, Field, sobject
from simulator.world import World, genes
from simulator.world_rows import Member

_INTEGRATION = Member(
    id=ADMIN, identifier="integration", first_name="Integration", last_name="User", email="integration@msp.example"
)
_PARTS = ("Street", "City", "State", "PostalCode", "Country", "Latitude", "Longitude", "GeocodeAccuracy")


def add_people(org: SalesforceOrg) -> None:
    """Put the objects into the org."""
    world = org.world
    accounts, contacts = Rows(ACCOUNT, world.companies), Rows(CONTACT, world.contacts)
    children = (Child("Contacts", "Contact", "AccountId"), Child("Cases", "Case", "AccountId"))
    org.add(sobject("Account", ACCOUNT, "Accounts", _account(world, accounts), *children), accounts)
    cases = Child("Cases", "Case", "ContactId")
    org.add(sobject("Contact", CONTACT, "Contacts", _contact(world, contacts), cases), contacts)
    org.add(sobject("User", USER, "Users", _user()), FixedRows(USER, {ADMIN: _INTEGRATION, **world.catalog.members}))
    org.add(sobject("Group", QUEUE, "Groups", _queue()), FixedRows(QUEUE, world.catalog.boards))


def _account(world: World, rows: Rows) -> list[Field]:
    catalog = world.catalog

    def kind(row: Any) -> str | None:
        return catalog.company_types[row.type_ids[0]].name if row.type_ids else None

    return [
        own_id(ACCOUNT),
        is_deleted(rows),
        Field("MasterRecordId", "reference", lambda _: None, ("Account",), "MasterRecord"),
        Field("Name", "string", lambda row: row.name),
        Field("Type", "picklist", kind, values=tuple(label.name for label in catalog.company_types.values())),
        *_no_reference("ParentId", "Account"),
        *_address("Billing", _company_place),
        *_address("Shipping", lambda _: None),
        Field("Phone", "phone", lambda row: row.phone),
        *nulls("phone", "Fax"),
        Field("AccountNumber", "string", lambda row: row.identifier),
        Field("Website", "url", lambda row: row.website),
        *nulls("string", "Sic"),
        Field("Industry", "picklist", lambda row: _label(catalog.markets, row.market_id)),
        Field("AnnualRevenue", "currency", lambda row: row.employees * 120_000.0),
        Field("NumberOfEmployees", "int", lambda row: row.employees),
        *nulls("picklist", "Ownership", "Rating", "AccountSource"),
        *nulls("textarea", "Description"),
        reference("OwnerId", USER, "User", updater),
        *nulls("date", "LastActivityDate"),
        *audit(updater, updater),
        Field("Status__c", "picklist", lambda row: _label(catalog.company_statuses, row.status_id)),
    ]


def _contact(world: World, rows: Rows) -> list[Field]:
    place_of = _contact_place(world)
    return [
        own_id(CONTACT),
        is_deleted(rows),
        Field("MasterRecordId", "reference", identifier(CONTACT, _merged_into(world)), ("Contact",), "MasterRecord"),
        reference("AccountId", ACCOUNT, "Account", lambda row: row.company_id),
        Field("LastName", "string", lambda row: row.last_name or "-", compound="Name"),
        Field("FirstName", "string", lambda row: row.first_name or None, compound="Name"),
        *nulls("picklist", "Salutation"),
        Field("Name", "string", lambda row: f"{row.first_name} {row.last_name or '-'}".strip()),
        *_address("Other", lambda _: None),
        *_address("Mailing", place_of),
        Field("Phone", "phone", lambda row: row.phone),
        Field("MobilePhone", "phone", lambda row: row.mobile),
        *nulls("phone", "HomePhone", "OtherPhone", "AssistantPhone", "Fax"),
        *_no_reference("ReportsToId", "Contact"),
        Field("Email", "email", lambda row: row.email),
        Field("Title", "string", lambda row: row.title),
        *nulls("string", "Department", "AssistantName"),
        *nulls("picklist", "LeadSource"),
        *nulls("date", "Birthdate", "LastActivityDate"),
        *nulls("textarea", "Description"),
        reference("OwnerId", USER, "User", updater),
        Field("HasOptedOutOfEmail", "boolean", lambda _: False),
        Field("DoNotCall", "boolean", lambda _: False),
        *nulls("string", "EmailBouncedReason"),
        *nulls("datetime", "EmailBouncedDate"),
        Field("IsEmailBounced", "boolean", lambda _: False, calculated=True),
        *audit(updater, updater),
        Field("Active__c", "boolean", lambda row: row.active),
        Field("Primary__c", "boolean", lambda row: row.primary),
    ]


def _user() -> list[Field]:
    return [
        own_id(USER),
        Field("Username", "string", lambda row: row.email),
        Field("LastName", "string", lambda row: row.last_name, compound="Name"),
        Field("FirstName", "string", lambda row: row.first_name, compound="Name"),
        Field("Name", "string", lambda row: row.name),
        Field("Email", "email", lambda row: row.email),
        Field("Alias", "string", lambda row: row.identifier[:8]),
        Field("IsActive", "boolean", lambda row: not row.left),
        Field("UserType", "picklist", lambda _: "Standard", values=("Standard",)),
        Field("TimeZoneSidKey", "picklist", lambda _: "America/New_York"),
        *_birth(),
    ]


def _queue() -> list[Field]:
    return [
        own_id(QUEUE),
        Field("Name", "string", lambda row: row.name),
        Field("DeveloperName", "string", lambda row: row.name.replace(" ", "_")),
        Field("Type", "picklist", lambda _: "Queue", values=("Queue", "Regular")),
        *nulls("email", "Email"),
        *_birth(),
    ]


def _birth() -> list[Field]:
    return [
        Field(name, "datetime", lambda _: stamp_of(BIRTH))
        for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp")
    ]


def _label(labels: Any, number: int) -> str | None:
    return labels[number].name if number in labels else None


def _merged_into(world: World) -> Callable[[Any], int | None]:
    """Every other deleted contact went into a colleague who is still there."""

    def winner(row: Any) -> int | None:
        if row.id % 2 or row.id in world.contacts.live:
            return None
        return next((key for key in world.people.get(row.company_id or 0, ()) if key in world.contacts.live), None)

    return winner


def _no_reference(name: str, target: str) -> list[Field]:
    return [Field(name, "reference", lambda _: None, (target,), name.removesuffix("Id"))]


def _company_place(row: Any) -> tuple[str | None, str, str, str]:
    return row.street, *names.CITIES[row.city % len(names.CITIES)]


def _contact_place(world: World) -> Any:
    def place(row: Any) -> tuple[str | None, str, str, str] | None:
        """Some contacts have an address of their own."""
        drawn = genes(world.seed, row.id, 7)
        if drawn % 3:
            return None
        return f"{drawn % 900 + 1} {names.STREETS[drawn % len(names.STREETS)]}", *names.CITIES[
            drawn % len(names.CITIES)
        ]

    return place


def _address(kind: str, place: Any) -> list[Field]:
    """The parts of an address and the compound, which only REST shows."""

    def part(at: int) -> Any:
        return lambda row: found[at] if (found := place(row)) else None

    def country(row: Any) -> str | None:
        return "United States" if place(row) else None

    def compound(row: Any) -> dict[str, Any] | None:
        found = place(row)
        if not found:
            return None
        street, city, state, code = found
        return {
            "city": city,
            "country": "United States",
            "geocodeAccuracy": None,
            "latitude": None,
            "longitude": None,
            "postalCode": code,
            "state": state,
            "street": street,
        }

    whole = f"{kind}Address"
    reads = [part(0), part(1), part(2), part(3), country, *[lambda _: None] * 3]
    kinds = ["textarea", *["string"] * 4, "double", "double", "picklist"]
    parts = [
        Field(kind + name, type_, read, compound=whole) for name, type_, read in zip(_PARTS, kinds, reads, strict=True)
    ]
    return [*parts, Field(whole, "address", compound)]

"""`core_company`, `sys_user`, `sys_user_group` and `sys_choice`."""

from typing import Any

from simulator import names
from simulator.servicenow_columns import Column, columns, constant, empty, stamp, truth
from simulator.servicenow_instance import JoinedRows, ListedRows, ServiceNowInstance, WorldRows
from simulator.servicenow_tasks import PRIORITIES, STATES
from simulator.world_rows import Company, Contact

BIRTH = 1_262_304_000
"""2010-01-01: when the instance and its technicians were made."""

_COMPANY_EMPTY = [
    "state_code",
    "fax_phone",
    "parent",
    "vendor_type",
    "vendor_manager",
    "contact",
    "notes",
    "stock_symbol",
    "rank_tier",
    "latitude",
    "longitude",
    "lat_long_error",
    "discount",
    "fiscal_year",
    "theme",
    "banner_image",
    "apple_icon",
    "customer_since",
    "sys_tags",
]
_COMPANY_CONSTANT = {"primary": "false", "manufacturer": "false", "publicly_traded": "false", "market_cap": "0"}
_COMPANY_CONSTANT |= {"profits": "0", "country": "USA", "sys_class_name": "core_company", "sys_domain_path": "/"}
_USER_EMPTY = [
    "middle_name",
    "employee_number",
    "department",
    "location",
    "manager",
    "time_zone",
    "date_format",
    "last_login_time",
    "roles",
    "source",
    "introduction",
    "gender",
    "building",
    "cost_center",
    "company",
    "title",
    "phone",
    "mobile_phone",
    "email",
    "last_name",
    "sys_tags",
]
_USER_CONSTANT = {"locked_out": "false", "vip": "false", "web_service_access_only": "false", "notification": "2"}
_USER_CONSTANT |= {"internal_integration_user": "false", "preferred_language": "en", "sys_class_name": "sys_user"}


def add_people(instance: ServiceNowInstance) -> None:
    """Put the tables into the instance."""
    world = instance.world
    own = columns(
        empty(*_COMPANY_EMPTY), constant(_COMPANY_CONSTANT), _audit(instance, "companies"), _company(instance)
    )
    instance.add(
        WorldRows("core_company", "name", instance.ids, world.companies, own, lambda row: row.deleted_at is None)
    )
    blank = columns(empty(*_USER_EMPTY), constant(_USER_CONSTANT))
    people = columns(blank.values(), _audit(instance, "contacts"), _contact(instance))
    technicians = columns(blank.values(), _listed(), _technician())
    parts = (
        WorldRows("contacts", "name", instance.ids, world.contacts, people),
        ListedRows("members", "name", technicians, lambda: _members(instance)),
    )
    instance.add(JoinedRows("sys_user", "name", people, parts))
    groups = columns(_listed(), [Column("name", lambda row: row[2].name)], empty("description", "manager", "email"))
    instance.add(ListedRows("sys_user_group", "name", groups, lambda: _groups(instance)))
    instance.add(ListedRows("sys_choice", "label", columns(_listed(), _choice()), lambda: _choices(instance)))


def _audit(instance: ServiceNowInstance, kind: str) -> list[Column]:
    return [
        Column("sys_id", lambda row: instance.ids.of(kind, row.id), "sys_id"),
        stamp("sys_created_on", lambda row: row.created_at),
        Column("sys_created_by", lambda row: instance.user_name(row.updated_by)),
        stamp("sys_updated_on", lambda row: row.updated_at),
        Column("sys_updated_by", lambda row: instance.user_name(row.updated_by)),
        Column("sys_mod_count", lambda row: str(row.version - 1)),
    ]


def _listed() -> list[Column]:
    """The bookkeeping of a table whose rows never change."""
    return [
        Column("sys_id", lambda row: row[1], "sys_id"),
        *[stamp(name, lambda row: row[0]) for name in ("sys_created_on", "sys_updated_on")],
        *constant({"sys_created_by": "system", "sys_updated_by": "system", "sys_mod_count": "0"}),
    ]


def _company(instance: ServiceNowInstance) -> list[Column]:
    def kinds(row: Company) -> set[str]:
        return {instance.world.catalog.company_types[key].name for key in row.type_ids}

    return [
        Column("name", lambda row: row.name),
        Column("street", lambda row: row.street),
        *[Column(name, _place(at)) for at, name in enumerate(("city", "state", "zip"))],
        Column("phone", lambda row: row.phone or ""),
        Column("website", lambda row: row.website or ""),
        Column("num_employees", lambda row: str(row.employees)),
        Column("revenue_per_year", lambda row: str(row.employees * 120_000)),
        Column("customer", lambda row: truth(kinds(row) & {"Client", "Former Client"}), "boolean"),
        Column("vendor", lambda row: truth("Vendor" in kinds(row)), "boolean"),
        Column("u_status", lambda row: instance.world.catalog.company_statuses[row.status_id].name),
        Column("u_industry", lambda row: instance.world.catalog.markets[row.market_id].name),
        Column("u_account_number", lambda row: row.identifier),
    ]


def _place(at: int) -> Any:
    return lambda row: names.CITIES[row.city % len(names.CITIES)][at]


def _contact(instance: ServiceNowInstance) -> list[Column]:
    def company(row: Contact) -> str:
        return instance.ids.of("companies", row.company_id)

    return [
        Column("user_name", lambda row: f"{row.first_name}.{row.id}".lower()),
        Column("first_name", lambda row: row.first_name),
        Column("last_name", lambda row: row.last_name or ""),
        Column("name", lambda row: f"{row.first_name} {row.last_name or ''}".strip()),
        Column("email", lambda row: row.email or ""),
        Column("phone", lambda row: row.phone or ""),
        Column("mobile_phone", lambda row: row.mobile or ""),
        Column("title", lambda row: row.title or ""),
        Column("company", company, "reference", "core_company"),
        Column("active", lambda row: truth(row.active), "boolean"),
        Column("u_primary_contact", lambda row: truth(row.primary), "boolean"),
        *[Column(name, lambda _: "", "reference", "sys_user") for name in ("manager",)],
    ]


def _technician() -> list[Column]:
    """Technicians have a role and an employee number, which customers' people lack."""
    return [
        Column("user_name", lambda row: row[2].identifier),
        Column("first_name", lambda row: row[2].first_name),
        Column("last_name", lambda row: row[2].last_name),
        Column("name", lambda row: row[2].name),
        Column("email", lambda row: row[2].email),
        Column("active", lambda row: truth(not row[2].left), "boolean"),
        Column("employee_number", lambda row: str(row[2].id)),
        Column("roles", lambda _: "itil"),
    ]


def _members(instance: ServiceNowInstance) -> list[tuple[int, str, Any]]:
    members = instance.world.catalog.members
    return [(BIRTH, instance.ids.of("members", key), member) for key, member in members.items()]


def _groups(instance: ServiceNowInstance) -> list[tuple[int, str, Any]]:
    boards = instance.world.catalog.boards
    return [(BIRTH, instance.ids.of("boards", key), board) for key, board in boards.items() if key]


def _choice() -> list[Column]:
    return [
        *[Column(name, _part(at)) for at, name in enumerate(("name", "element", "value", "label"))],
        *constant({"language": "en", "inactive": "false"}),
    ]


def _part(at: int) -> Any:
    return lambda row: row[2][at]


def _choices(instance: ServiceNowInstance) -> list[tuple[int, str, Any]]:
    """The labels of coded columns, as the incident table has them."""
    own = instance.tables["incident"].columns
    elements = [(name, own[name].labels or lone) for name, lone in (("state", STATES), ("incident_state", STATES))]
    elements += [(name, own[name].labels) for name in ("priority", "impact", "urgency", "hold_reason")]
    texts = [("incident", name, value, label) for name, labels in elements for value, label in labels.items()]
    texts += [("task", "priority", value, label) for value, label in PRIORITIES.items()]
    return [(BIRTH, instance.ids.of("choices", number), text) for number, text in enumerate(texts, 1)]

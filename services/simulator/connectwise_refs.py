"""References as ConnectWise nests them: id, name and an `_info` of hrefs, made once and kept as bytes."""

from typing import Any

import msgspec

from simulator.world import World
from simulator.world_rows import Label, Ticket
from simulator.world_truth import iso

Raw = msgspec.Raw
API = "v4_6_release/apis/3.0"


class Refs:
    """Turns ids into references; deleted contacts and members who left are still named."""

    def __init__(self, world: World, url: str) -> None:
        self.world = world
        self.root = f"{url}/{API}/"
        """Recorded hrefs have a double slash here."""
        self.held: dict[tuple[str, int], Raw | None] = {}

    def href(self, path: str) -> str:
        """An address of this instance."""
        return f"{self.root}/{path}"

    def fixed(self, key: int, name: str, **more: Any) -> Raw:
        """A reference to something of which there is one kind only; its `_info` is empty."""
        found = self.held.get((name, key))
        return found if found is not None else self.keep(name, key, {"name": name, **more})

    def keep(self, kind: str, key: int, fields: dict[str, Any], path: str = "") -> Raw:
        """Make a reference and remember it."""
        info = {f"{kind.split(maxsplit=1)[0].lower()}_href": self.href(f"{path}/{key}")} if path else {}
        made = Raw(msgspec.json.encode({"id": key, **fields, "_info": info}))
        self.held[kind, key] = made
        return made

    def label(self, kind: str, labels: dict[int, Label], key: int, path: str = "", **more: Any) -> Raw | None:
        """A reference to one of the small lists."""
        found = self.held.get((kind, key))
        if found is None and key in labels:
            found = self.keep(kind, key, {"name": labels[key].name, **more}, path)
        return found

    def status(self, key: int) -> Raw | None:
        """`Sort` has a capital letter here."""
        return self.label("status", self.world.catalog.statuses, key, "service/statuses", Sort=key)

    def priority(self, key: int) -> Raw | None:
        """`sort` has none here."""
        return self.label("priority", self.world.catalog.priorities, key, sort=key)

    def member(self, key: int | None) -> Raw | None:
        """A member, though he may have left."""
        member = self.world.catalog.members.get(key or 0)
        if key is None or member is None:
            return None
        fields = {"identifier": member.identifier, "name": member.name}
        return self.held.get(("member", key)) or self.keep("member", key, fields)

    def login(self, key: int | None) -> str | None:
        """A member's identifier."""
        member = self.world.catalog.members.get(key or 0)
        return member.identifier if member else None

    def company(self, key: int | None) -> Raw | None:
        """A company, though it may be in the recycle bin."""
        row = self.world.companies.get(key or 0)
        if key is None or row is None:
            return None
        fields = {"identifier": row.identifier, "name": row.name}
        return self.held.get(("company", key)) or self.keep("company", key, fields, "company/companies")

    def contact(self, key: int | None) -> Raw | None:
        """A contact, though it may be deleted."""
        if key is None:
            return None
        found = self.held.get(("contact", key))
        return found or self.keep("contact", key, {"name": self.contact_name(key)})

    def contact_name(self, key: int | None) -> str | None:
        """First and last name."""
        row = self.contact_row(key)
        return f"{row.first_name} {row.last_name or ''}".strip() if row else None

    def contact_row(self, key: int | None) -> Any:
        """The contact as it is, or was."""
        grave = self.world.contacts.tombstones.get(key or 0)
        return self.world.contacts.get(key or 0) or (grave.row if grave else None)

    def ticket(self, row: Ticket | None) -> dict[str, Any] | None:
        """A time entry's ticket; its `_info` says more than hrefs."""
        if row is None:
            return None
        status = self.world.catalog.statuses[row.status_id].name
        info = {"ticket_href": self.href(f"service/tickets/{row.id}"), "billingMethod": "ActualRates", "status": status}
        return {"id": row.id, "summary": row.summary, "_info": info}

    def info(self, row: Any, created_by: int | None = None, **hrefs: str) -> dict[str, str]:
        """A record's `_info`: text to text."""
        found = {"lastUpdated": iso(row.updated_at) or "", "updatedBy": self.login(row.updated_by) or "zadmin"}
        if created_by is not None:
            found |= {"dateEntered": iso(row.created_at) or "", "enteredBy": self.login(created_by) or "template3"}
        return found | {name: self.href(path) for name, path in hrefs.items()}


def guid(genes: int) -> str:
    """A mobileGuid."""
    text = f"{genes:016x}{genes * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF:016x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def custom_fields(bits: int) -> list[dict[str, Any]]:
    """Values of the MSP's own fields: a text (at times with a zero-width space), a date, a flag, none."""
    vendor = f"A-{bits % 97}" + ("\u200b" if bits % 13 == 0 else "")
    fields: list[tuple[str, str, Any]] = [
        ("Vendor Ticket", "Text", vendor),
        ("Renewal Date", "Date", f"2027-0{1 + bits % 9}-15T00:00:00Z"),
        ("On Site", "Checkbox", bits % 3 == 0),
        ("Rack", "Number", None),
    ]
    return [
        {"id": 7 + place, "caption": caption, "type": kind, "entryMethod": "EntryField", "numberOfDecimals": place // 3}
        | ({} if value is None else {"value": value})
        for place, (caption, kind, value) in enumerate(fields)
    ]

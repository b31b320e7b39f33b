"""What an object is: its fields, how each is read off a row, and what describe tells of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Read = Callable[[Any], Any]

_SOAP_TYPES = {"boolean": "xsd:boolean", "int": "xsd:int", "double": "xsd:double", "currency": "xsd:double"}
_SOAP_TYPES |= {"date": "xsd:date", "datetime": "xsd:dateTime", "id": "tns:ID", "reference": "tns:ID"}
_SOAP_TYPES |= {"address": "urn:address"}
_LENGTHS = {"id": 18, "reference": 18, "string": 255, "picklist": 255, "textarea": 32000, "phone": 40, "email": 80}
_LENGTHS |= {"url": 255}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its describe type and how its REST value is read off a row."""

    name: str
    type: str
    read: Read
    refers: tuple[str, ...] = ()
    relationship: str = ""
    calculated: bool = False
    compound: str = ""
    values: tuple[str, ...] = ()

    @property
    def custom(self) -> bool:
        """Whether the org made it."""
        return self.name.endswith("__c")

    def describe(self) -> dict[str, Any]:
        """The entry of describe's `fields`."""
        nillable = self.type != "boolean" and self.name not in {"Id", "SystemModstamp", "CreatedDate"}
        return {
            "name": self.name,
            "label": self.name.removesuffix("__c"),
            "type": self.type,
            "soapType": _SOAP_TYPES.get(self.type, "xsd:string"),
            "length": _LENGTHS.get(self.type, 0),
            "byteLength": 3 * _LENGTHS.get(self.type, 0),
            "nillable": nillable,
            "custom": self.custom,
            "calculated": self.calculated,
            "calculatedFormula": None,
            "referenceTo": list(self.refers),
            "relationshipName": self.relationship or None,
            "polymorphicForeignKey": len(self.refers) > 1,
            "compoundFieldName": self.compound or None,
            "filterable": self.type not in {"textarea", "address"},
            "sortable": self.type not in {"textarea", "address"},
            "groupable": self.type not in {"textarea", "address", "datetime", "double", "currency"},
            "aggregatable": self.type not in {"textarea", "address"},
            "createable": not self.calculated and not self.compound,
            "updateable": not self.calculated and self.name != "Id",
            "nameField": self.name in {"Name", "CaseNumber", "Subject"},
            "externalId": False,
            "unique": False,
            "idLookup": self.name == "Id",
            "scale": 0,
            "precision": 0,
            "digits": 0,
            "deprecatedAndHidden": False,
            "defaultedOnCreate": False,
            "encrypted": False,
            "picklistValues": [
                {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}
                for value in self.values
            ],
        }


@dataclass(frozen=True, slots=True)
class Child:
    """A child relationship: `Cases` of Account are the Case rows whose AccountId is it."""

    name: str
    object: str
    field: str


@dataclass(frozen=True, slots=True)
class Sobject:
    """One object of the org."""

    name: str
    prefix: str
    plural: str
    fields: Mapping[str, Field] = field(repr=False)
    """By name in small letters: SOQL does not care for case."""
    children: tuple[Child, ...] = ()

    def visible(self, hidden: Iterable[str]) -> list[Field]:
        """The fields that the user's field-level security shows."""
        kept_back = {name.lower() for name in hidden}
        return [entry for name, entry in self.fields.items() if name not in kept_back]

    def summary(self, version: str) -> dict[str, Any]:
        """The entry of the global describe."""
        url = f"/services/data/{version}/sobjects/{self.name}"
        flags = ("createable", "deletable", "layoutable", "mergeable", "queryable", "replicateable", "retrieveable")
        more = ("searchable", "triggerable", "undeletable", "updateable", "activateable")
        return {
            "name": self.name,
            "label": self.name,
            "labelPlural": self.plural,
            "keyPrefix": self.prefix,
            "custom": False,
            "customSetting": False,
            "deprecatedAndHidden": False,
            "feedEnabled": True,
            "hasSubtypes": False,
            "isSubtype": False,
            **dict.fromkeys(flags, True),
            **dict.fromkeys(more, True),
            "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
        }

    def describe(self, version: str, hidden: Iterable[str]) -> dict[str, Any]:
        """The object's describe, without the fields that the user may not see."""
        children = [
            {
                "childSObject": child.object,
                "field": child.field,
                "relationshipName": child.name,
                "cascadeDelete": False,
                "deprecatedAndHidden": False,
                "restrictedDelete": False,
                "junctionIdListNames": [],
                "junctionReferenceTo": [],
            }
            for child in self.children
        ]
        empty = ("actionOverrides", "namedLayoutInfos", "recordTypeInfos", "supportedScopes")
        more: dict[str, list[Any]] = {name: [] for name in empty}
        fields = [entry.describe() for entry in self.visible(hidden)]
        return {**self.summary(version), "fields": fields, "childRelationships": children, **more}


def sobject(name: str, prefix: str, plural: str, fields: Iterable[Field], *children: Child) -> Sobject:
    """Make an object of its fields."""
    return Sobject(name, prefix, plural, {entry.name.lower(): entry for entry in fields}, children)

"""What the tests of the Salesforce dialect share: an org's answers by hand."""

from dataclasses import replace
from datetime import UTC, datetime

from tests.unit.flows import reply

from avesa.core.entity import Entity
from avesa.core.windows import Window
from avesa.sources.dialect import Landed, Session

WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
SESSION = Session("https://acme.my.salesforce.com", detail={"version": "62.0"})
BASE = "https://acme.my.salesforce.com/services/data/v62.0"
CASE = Entity(
    source="salesforce", name="Case", table="tickets", collection="Case", key="Id", time="SystemModstamp",
    shape={"Id": "VARCHAR", "Status": "VARCHAR", "Comments": "VARCHAR"}, select="salesforce",
)  # fmt: skip
SHIFT = replace(CASE, name="TimeSheetEntry", collection="TimeSheetEntry", optional=True)
NEXT = "/services/data/v62.0/query/01gRO0000016PIAYA2-2000"


def column(name, **more):
    """A field of describe."""
    return {"name": name, "type": "string", "custom": name.endswith("__c"), "calculated": False, **more}


DESCRIBED = reply({"fields": [column("Id"), column("Status"), column("SystemModstamp"), column("SLA__c")]})
GONE = reply([{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}], 404)
NO_TYPE = reply([{"errorCode": "INVALID_TYPE", "message": "\nsObject type 'Case' is not supported."}], 400)
TIMEOUT = reply([{"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}], 400)
LOST = reply([{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}], 400)


def row(key, second=0):
    """A row of the window, as REST writes it."""
    return {"Id": key, "SystemModstamp": f"2026-01-01T00:00:{second:02}.000+0000"}


def page(rows, more=""):
    """A page of a query."""
    body = {"totalSize": 9, "done": not more, "records": rows}
    return reply({**body, "nextRecordsUrl": more} if more else body)


def landed(rows):
    """What ingest says of a page."""
    return Landed(len(rows), rows[-1]["Id"], rows[-1]["SystemModstamp"])


def soql(request):
    """The query that a request carries."""
    return dict(request.params)["q"]


def wide(columns):
    """An object with many custom columns."""
    return reply(
        {"fields": [column("Id"), column("SystemModstamp"), *(column(f"F{n:030}__c") for n in range(columns))]}
    )

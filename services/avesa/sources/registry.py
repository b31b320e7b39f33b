"""The sources that there are; a further one is one line here, a dialect file and its mapping files."""

from avesa.errors import UsageError
from avesa.sources.connectwise import ConnectWise
from avesa.sources.dialect import Dialect, Make
from avesa.sources.salesforce import Salesforce
from avesa.sources.servicenow import ServiceNow

DIALECTS: dict[str, Make] = {"connectwise": ConnectWise, "servicenow": ServiceNow, "salesforce": Salesforce}


def dialect(source: str) -> Dialect:
    """The dialect of a source."""
    if source not in DIALECTS:
        raise UsageError(f"{source!r} is not a source; there are {', '.join(DIALECTS)}.")
    return DIALECTS[source]()

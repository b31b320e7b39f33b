"""What is left of the org's day, and which API it should be spent on (T22).

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_limits.htm
"""

import msgspec

from avesa.errors import SlowDown, SourceUnavailable
from avesa.sources.dialect import Flow, Request, Session
from avesa.sources.salesforce_sign_in import data

REST_PAGE = 2000
"""Rows of a query page: Salesforce's default and most."""

RESERVE = 0.1
"""The part of each daily allowance that is left to the tenant."""

_LATER = 900.0


class Allowance(msgspec.Struct):
    """One daily allowance of the org."""

    Max: int = 0
    Remaining: int = 0

    def spare(self, need: int) -> bool:
        """Whether so much can be taken with the reserve left."""
        return self.Remaining - need >= self.Max * RESERVE


class Allowances(msgspec.Struct):
    """What `/limits` says of requests and bulk jobs."""

    DailyApiRequests: Allowance
    DailyBulkV2QueryJobs: Allowance

    def bulk(self, rows: int) -> bool:
        """Whether a bulk job may read so many rows; SlowDown if pages may not either."""
        if self.DailyBulkV2QueryJobs.spare(1):
            return True
        if self.DailyApiRequests.spare(rows // REST_PAGE + 1):
            return False
        raise SlowDown("Salesforce has neither bulk jobs nor requests to spare for this window today.", _LATER)


def allowances(session: Session) -> Flow[Allowances]:
    """Ask what is left."""
    response = yield Request("GET", data(session, "limits"))
    try:
        return msgspec.json.decode(response.body, type=Allowances)
    except msgspec.DecodeError:
        raise SourceUnavailable("Salesforce answered with something else than its limits.") from None

"""ServiceNow's Table API as a dialect: one table, one keyset walk, counts from a header."""

from avesa.core.entity import Entity
from avesa.core.windows import Window
from avesa.sources.dialect import Field, Finding, Flow, Limits, Response, Secret, Session, Walk
from avesa.sources.servicenow_check import inspect
from avesa.sources.servicenow_errors import judge, total, usable
from avesa.sources.servicenow_query import STAMP, between, everything, read, rows_of, table
from avesa.sources.servicenow_sign_in import FIELDS, sign_in
from avesa.sources.servicenow_walk import walk

_PROBED = "sys_user"


class ServiceNow:
    """One instance, read through its Table API."""

    name = "servicenow"
    fields: tuple[Field, ...] = FIELDS
    hosts = (".service-now.com", ".servicenowservices.com")
    stamp = STAMP

    def sign_in(self, secret: Secret) -> Flow[Session]:
        """Turn a user, an OAuth client or a refresh token into a session."""
        return sign_in(secret)

    def judge(self, response: Response) -> None:
        """Raise what a bad answer means."""
        judge(response)

    def limits(self, response: Response) -> Limits:
        """Read Retry-After; a rule's hourly limit is not a daily allowance and is left to the pace."""
        wait = response.headers.get("retry-after", "")
        return Limits(retry_after=float(wait)) if wait.isdigit() else Limits()

    def probe(self, session: Session) -> Flow[None]:
        """Ask for one user; that the user table may not be read is no fault here."""
        response = yield read(session, _PROBED, fields=["sys_id"], limit=1, judged=False)
        if response.status != 403:
            judge(response)

    def oldest(self, entity: Entity, session: Session) -> Flow[str]:
        """Step over rows that are hidden to the first that shows (T6)."""
        offset, step, query = 0, entity.page_size, everything(entity)
        while True:
            response = yield table(session, entity, query, [entity.time], limit=step, offset=offset, judged=False)
            if not usable(response, entity):
                return ""
            times = [row.get(entity.time, "") for row in rows_of(response)]
            offset += step
            if times or offset >= total(response):
                return min(filter(None, times), default="")

    def count(self, entity: Entity, window: Window, session: Session) -> Flow[int]:
        """Read X-Total-Count: the rows matched, before rights hide any."""
        response = yield table(session, entity, between(entity, window), [entity.key], limit=1, judged=False)
        return total(response) if usable(response, entity) else 0

    def walk(self, entity: Entity, window: Window, session: Session, count: int) -> Walk:
        """Page by (time, key) until nothing more matches."""
        return walk(entity, window, session, count)

    def inspect(self, entity: Entity, session: Session) -> Flow[tuple[Finding, ...]]:
        """Look at the table, its fields, the user's zone, and the classes that deletes are filed under."""
        return inspect(entity, session)

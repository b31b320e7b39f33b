"""Salesforce as a dialect: SOQL over REST for small windows, Bulk API 2.0 for large ones."""

from avesa.core.entity import Entity
from avesa.core.windows import Window
from avesa.sources import salesforce_deletes as deletes
from avesa.sources.dialect import Field, Finding, Flow, Limits, Request, Response, Secret, Session, Walk
from avesa.sources.salesforce_check import inspect
from avesa.sources.salesforce_errors import judge, limits
from avesa.sources.salesforce_query import STAMP, count, oldest
from avesa.sources.salesforce_sign_in import FIELDS, data, sign_in
from avesa.sources.salesforce_walk import walk


class Salesforce:
    """One org, read through its REST and Bulk APIs."""

    name = "salesforce"
    fields: tuple[Field, ...] = FIELDS
    hosts = (".salesforce.com", ".force.com")
    stamp = STAMP

    def sign_in(self, secret: Secret) -> Flow[Session]:
        """Turn a refresh token, a signing key or a client's own rights into a session."""
        return sign_in(secret)

    def judge(self, response: Response) -> None:
        """Raise what a bad answer means."""
        judge(response)

    def limits(self, response: Response) -> Limits:
        """Read Sforce-Limit-Info."""
        return limits(response)

    def probe(self, session: Session) -> Flow[None]:
        """Ask for the org's limits."""
        yield Request("GET", data(session, "limits"))

    def oldest(self, entity: Entity, session: Session) -> Flow[str]:
        """Ask for the first row by change time; the log of deletes has no beginning to ask for."""
        return deletes.oldest() if deletes.told_by(entity) else oldest(entity, session)

    def count(self, entity: Entity, window: Window, session: Session) -> Flow[int]:
        """Count the window's rows, deleted ones included."""
        counted = deletes.count if deletes.told_by(entity) else count
        return counted(entity, window, session)

    def walk(self, entity: Entity, window: Window, session: Session, count: int) -> Walk:
        """Read the window by REST, by Bulk 2.0, or from the log of deletes."""
        if deletes.told_by(entity):
            return deletes.walk(entity, window, session)
        return walk(entity, window, session, count)

    def inspect(self, entity: Entity, session: Session) -> Flow[tuple[Finding, ...]]:
        """Look at the object, its fields and the org's remaining allowance."""
        return inspect(entity, session)

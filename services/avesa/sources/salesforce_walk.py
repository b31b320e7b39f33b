"""The way through a Salesforce window: which API, and the other one where the first cannot."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from avesa.core.entity import Entity
from avesa.core.windows import Window
from avesa.errors import Unproven
from avesa.sources.dialect import Flow, Page, Pause, Proof, Request, Session, Walk
from avesa.sources.salesforce_allowance import allowances
from avesa.sources.salesforce_bulk import bulk
from avesa.sources.salesforce_columns import Columns, choose, describe
from avesa.sources.salesforce_errors import judge, told
from avesa.sources.salesforce_query import Answer, Cursor, answer, fits, query, select, where

BULK_FROM = 10_000
"""Rows from which a bulk job (some eight requests) costs less than pages; `bulk_from` of an entity's options."""

_LONGEST: Cursor = ("2026-01-01T00:00:00.000+0000", "0" * 18)
"""A cursor, for the length that it adds to a query."""


def walk(entity: Entity, window: Window, session: Session, count: int) -> Walk:
    """Describe, then read by the API that suits the count and what is left of the day."""
    if not count:
        return Proof()
    described = yield from describe(entity, session)
    if described is None:
        return Proof(notes=(f"{entity.collection} is not there for this user.",))
    columns = choose(entity, described)
    notes = [f"Hidden from the user and left out: {', '.join(columns.hidden)}."] if columns.hidden else []
    if (yield from by_bulk(entity, window, session, columns, count)):
        soql = select(entity, columns.names, where(entity, window), ordered=False)
        refusal = yield from bulk(entity, soql, len(columns.names), session)
        if not refusal:
            return Proof(notes=tuple(notes))
        notes.append(f"Read by REST, since Bulk did not do it: {refusal}.")
    shortened = _shortened(entity, window, session, columns)
    if left_out := columns.custom[len(shortened.custom) :]:
        notes.append(f"The query is too long for a URI; left out: {', '.join(left_out)}.")
    yield from _rest(entity, window, session, shortened)
    return Proof(notes=tuple(notes))


def by_bulk(entity: Entity, window: Window, session: Session, columns: Columns, count: int) -> Flow[bool]:
    """Whether Bulk suits: many rows or a query too long for a URI, and bulk jobs to spare; asks only if it may."""
    many = count >= int(entity.options.get("bulk_from", BULK_FROM))
    long = not fits(session, select(entity, columns.names, where(entity, window, _LONGEST)))
    if not many and not long:
        return False
    left = yield from allowances(session)
    return left.bulk(count)


def _shortened(entity: Entity, window: Window, session: Session, columns: Columns) -> Columns:
    """Drop custom columns from the end until the query, with a cursor in it, fits into a URI (T20)."""
    while columns.custom and not fits(session, select(entity, columns.names, where(entity, window, _LONGEST))):
        columns = replace(columns, custom=columns.custom[:-1])
    return columns


def _rest(
    entity: Entity, window: Window, session: Session, columns: Columns
) -> Generator[Request | Page | Pause, Any, None]:
    """Follow nextRecordsUrl to `done`; a cursor that Salesforce has dropped is taken up behind the last row."""
    after: Cursor | None = None
    request = query(session, select(entity, columns.names, where(entity, window)))
    while True:
        response = yield request
        if after and told(response)[0] == "INVALID_QUERY_LOCATOR":
            request = query(session, select(entity, columns.names, where(entity, window, after)))
            continue
        judge(response)
        frame = answer(response)
        if frame.records:
            landed = yield Page(response.body, envelope="records")
            if after is not None and (landed.last_time, landed.last_key) <= after:
                raise Unproven("Salesforce sent the same page again.")
            after = (landed.last_time, landed.last_key)
        if frame.done:
            return
        request = _next(session, frame)


def _next(session: Session, frame: Answer) -> Request:
    """The next page, by path only: a token goes to no host that an answer names."""
    path = urlsplit(frame.nextRecordsUrl).path
    if not path.startswith("/services/data/"):
        raise Unproven("Salesforce says that there is more and not where.")
    return Request("GET", session.base_url + path, judged=False)

"""What `avesa check` looks at in a ServiceNow instance."""

from avesa.core.entity import Entity
from avesa.sources.dialect import Finding, Flow, Session
from avesa.sources.servicenow_errors import absent, judge, told
from avesa.sources.servicenow_query import everything, read, rows_of, table

_CLASSES = 100


def inspect(entity: Entity, session: Session) -> Flow[tuple[Finding, ...]]:
    """Read one row and see which fields it lacks; then look at the user's zone and at deletes' classes."""
    fields = (*entity.fields, entity.key, entity.time)
    response = yield table(session, entity, everything(entity), fields, limit=1, judged=False)
    if absent(response):
        how = "optional, left out" if entity.optional else "activate its plugin or give the user a role that reads it"
        return (Finding(entity.name, entity.optional, f"{told(response) or 'not there'}: {how}."),)
    judge(response)
    rows = rows_of(response)
    zone = yield from _zone(session)
    classes = yield from _classes(entity, session)
    return (_columns(entity, rows), *zone, *classes)


def _columns(entity: Entity, rows: list[dict[str, str]]) -> Finding:
    if not rows:
        return Finding(entity.name, fine=True, detail="Readable; no row is there or shown.")
    asked = (*entity.fields, entity.key, entity.time)
    missing = [name for name in asked if name not in rows[0] and "." not in name]  # a walk from an empty reference
    if missing:
        return Finding(entity.name, fine=False, detail=f"Not there or hidden from the user: {', '.join(missing)}.")
    return Finding(entity.name, fine=True, detail="Readable, with all fields.")


def _zone(session: Session) -> Flow[tuple[Finding, ...]]:
    """The user's time zone should be GMT, so that no reading of a date can shift a window (T18)."""
    if not session.detail.get("user"):
        return ()
    response = yield read(
        session, "sys_user", f"user_name={session.detail['user']}", ["time_zone"], limit=1, judged=False
    )
    zones = [row.get("time_zone", "") for row in rows_of(response)] if response.status == 200 else []
    if not zones or zones[0] in {"", "GMT", "UTC", "Etc/UTC"}:
        return ()
    return (Finding("time zone", fine=False, detail=f"The user's zone is {zones[0]}: set it to GMT."),)


def _classes(entity: Entity, session: Session) -> Flow[tuple[Finding, ...]]:
    """Deletes are filed under the real class (T15): name the extensions that `tables` leaves out."""
    tables = tuple(entity.options.get("tables", ()))
    if not tables:
        return ()
    query = f"super_class.nameIN{','.join(tables)}"
    response = yield read(session, "sys_db_object", query, ["name"], limit=_CLASSES, judged=False)
    if response.status != 200:
        return ()
    left_out = sorted({row.get("name", "") for row in rows_of(response)} - {*tables, ""})
    if not left_out:
        return ()
    detail = f"Deletes of {', '.join(left_out)} are not read: add them to `tables` of {entity.name}."
    return (Finding(entity.name, fine=False, detail=detail),)

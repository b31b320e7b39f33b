"""Writes: validated as ConnectWise does, then refused, since the API member may only read."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from simulator import connectwise_errors as errors

REQUIRED = {
    "tickets": ("ticket", ("summary",)),
    "entries": ("timeEntry", ("chargeToId", "timeStart")),
    "companies": ("company", ("identifier", "name")),
    "contacts": ("contact", ("firstName",)),
}


async def validate(request: Request) -> Response:
    """400 for a missing field, 415 for what is not JSON, 403 for the rest."""
    if "json" not in request.headers.get("content-type", ""):
        return errors.refusal(415, "UnsupportedMediaType", "The request's media type is not supported.")
    try:
        body = msgspec.json.decode(await request.body(), type=dict[str, object])
    except msgspec.DecodeError:
        return errors.refusal(400, "InvalidObject", "The object is not valid JSON.")
    resource, fields = REQUIRED.get(request.url.path.rstrip("/").rsplit("/", 1)[1], ("object", ()))
    missing = [field for field in fields if body.get(field) is None]
    if not missing:
        return errors.forbidden()
    details = [_missing(resource, field) for field in missing]
    return errors.refusal(400, "InvalidObject", f"{resource} object is invalid", *details)


def _missing(resource: str, field: str) -> dict[str, str]:
    message = f"The {field} field is required."
    return {"code": "MissingRequiredField", "message": message, "resource": resource, "field": field}

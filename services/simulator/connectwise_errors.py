"""ConnectWise's refusals: ErrorResponseMessage {code, message, errors[]}, spelled as recorded."""

from typing import Any

import msgspec
from starlette.responses import PlainTextResponse, Response

JSON = "application/json; charset=utf-8"


class Refused(Exception):
    """A request that ConnectWise answers with an error."""

    def __init__(self, status: int, code: str, message: str, *details: dict[str, str]) -> None:
        super().__init__(message)
        self.response = refusal(status, code, message, *details)


def refusal(status: int, code: str, message: str, *details: dict[str, str], **headers: str) -> Response:
    """One error body."""
    body: dict[str, Any] = {"code": code, "message": message}
    if details:
        body["errors"] = details
    return Response(
        msgspec.json.encode(body), status, {name.replace("_", "-"): text for name, text in headers.items()}, JSON
    )


def unrecognized(name: str) -> Refused:
    """A condition or an order over a name the record does not have."""
    return Refused(400, "ApiFindCondition", f"{name} is not a recognized name.")


def bad_condition(why: str) -> Refused:
    """A condition that cannot be read."""
    return Refused(400, "ApiFindCondition", why)


def not_found(resource: str, row_id: int) -> Refused:
    """No such record, or no longer."""
    return Refused(404, "NotFound", f"{resource} {row_id} not found")


def no_endpoint() -> Response:
    """No such route, or a codebase that is not this instance's."""
    return refusal(404, "ConnectWiseApi", "The endpoint does not exist.")


def not_authenticated() -> Response:
    """No credentials sent."""
    return refusal(401, "ConnectWiseApi", "UserNotAuthenticated")


def unauthorized() -> Response:
    """Credentials that are not right."""
    return refusal(401, "Unauthorized", "The supplied credentials are not valid.")


def forbidden() -> Response:
    """The API member's security role does not allow it."""
    return refusal(403, "Security", "You do not have security permission to perform this action.")


def no_client_id() -> Response:
    """A call without its clientId header; not JSON."""
    return PlainTextResponse("A valid clientId header is required to access this API.", 403)


def timed_out() -> Response:
    """The instance's database took too long; worth another try."""
    return refusal(500, "ConnectWiseApi", "A timeout has occured. Please try again.")


def too_many() -> Response:
    """More requests than the instance takes."""
    response = too_many_without_wait()
    response.headers["Retry-After"] = "1"
    return response


def too_many_without_wait() -> Response:
    """The same, not saying when to come back."""
    body = {"error": "ConnectWiseAPI", "message": "API rate limit exceeded."}
    return Response(msgspec.json.encode(body), 429, media_type=JSON)

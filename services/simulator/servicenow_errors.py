"""ServiceNow's errors: a status and an envelope with message and detail."""

import json


class ServiceNowError(Exception):
    """An error as the instance answers it."""

    def __init__(self, status: int, message: str, detail: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.detail = detail

    def body(self) -> bytes:
        """The JSON envelope."""
        return json.dumps({"error": {"message": self.message, "detail": self.detail}, "status": "failure"}).encode()


CANCELLED = "Transaction cancelled: maximum execution time exceeded"
CANCELLED_DETAIL = (
    f"{CANCELLED} Check logs for error trace or enable glide.rest.debug property to verify REST request processing"
)


def not_found() -> ServiceNowError:
    """No such record, or one that rights hide."""
    return ServiceNowError(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")

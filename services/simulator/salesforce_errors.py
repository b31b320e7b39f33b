"""Salesforce's errors: a status and a JSON array of one entry."""

import json


class SalesforceError(Exception):
    """An error as the REST API answers it."""

    def __init__(self, status: int, code: str, message: str, *fields: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields

    def body(self) -> bytes:
        """The JSON array."""
        entry: dict[str, object] = {"message": self.message, "errorCode": self.code}
        if self.fields:
            entry["fields"] = list(self.fields)
        return json.dumps([entry]).encode()

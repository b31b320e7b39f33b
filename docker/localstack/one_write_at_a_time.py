"""Run by LocalStack as it starts, for images in which moto answers for DynamoDB.

A transaction that moto refuses puts whole tables back as they were before it, and with them what others
wrote meanwhile. One write at a time, none is lost. Where DynamoDB Local answers, this changes nothing.
"""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from moto.dynamodb.models import DynamoDBBackend

TURN = threading.RLock()


def in_turn(write: Callable[..., Any]) -> Callable[..., Any]:
    """Let a write wait for the one before it."""

    @wraps(write)
    def waiting(*given: Any, **named: Any) -> Any:
        with TURN:
            return write(*given, **named)

    return waiting


for _name in ("put_item", "update_item", "delete_item", "transact_write_items"):
    setattr(DynamoDBBackend, _name, in_turn(getattr(DynamoDBBackend, _name)))

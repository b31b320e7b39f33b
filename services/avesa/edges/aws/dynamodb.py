"""The store in DynamoDB: conditional writes on a version, transactions where there are several.

An item has `pk`, `sk`, `version`, `body` (JSON text), `expires` (epoch seconds, for TTL) and `write`, the
mark of the commit that wrote it: a retry whose first attempt took effect finds its own mark, not a conflict.
"""

import asyncio
import json
import random
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from avesa.core.names import aws_table
from avesa.edges.aws.errors import answering, code
from avesa.errors import Conflict
from avesa.ports import Change, Item, Key, Put

_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
_CONDITION = "ConditionalCheckFailed"
_PASSING = {
    "TransactionConflict", "TransactionConflictException", "TransactionInProgressException", "ThrottlingError",
    "ProvisionedThroughputExceeded",
}  # fmt: skip


class DynamoStore:
    """Items with versions in four tables."""

    def __init__(self, client: Any, environment: str) -> None:
        self._client = client
        self._environment = environment

    async def get(self, key: Key) -> Item | None:
        """Read one item, consistently."""
        found = await self._found(key)
        return None if found is None else _item(key.table, found)

    async def query(self, table: str, partition: str, prefix: str = "") -> list[Item]:
        """Every item of a partition whose sort key starts with `prefix`, in order, page by page."""
        name = aws_table(table, self._environment)
        condition, values = "pk = :pk", {":pk": {"S": partition}}
        if prefix:
            condition, values = f"{condition} and begins_with(sk, :sk)", {**values, ":sk": {"S": prefix}}
        pages = self._client.get_paginator("query").paginate(
            TableName=name, KeyConditionExpression=condition, ExpressionAttributeValues=values, ConsistentRead=True
        )
        with answering("dynamodb", f"Table {name}"):
            return [_item(table, found) async for page in pages for found in page["Items"]]

    async def commit(self, changes: Sequence[Change]) -> None:
        """Apply all changes or none; a single one needs no transaction, which costs twice as much."""
        mark = uuid.uuid4().hex
        writes = [self._write(change, mark) for change in changes]
        names = " and ".join(sorted({aws_table(change.key.table, self._environment) for change in changes}))
        with answering("dynamodb", f"Table {names}"):
            try:
                await self._send(writes, mark)
            except (ClientError, BotoCoreError) as error:
                if await self._took_effect(changes, mark):
                    return
                if isinstance(error, ClientError) and _moved(error):
                    raise Conflict(f"{_named(changes)} was changed by somebody else.") from None
                raise

    async def _send(self, writes: Sequence[Mapping[str, Any]], mark: str) -> None:
        """Send it once more after a pause while another transaction holds an item."""
        for pause in _PAUSES:
            try:
                return await self._send_once(writes, mark)
            except ClientError as error:
                if not _reasons(error) & _PASSING:
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  jitter is no secret
        return await self._send_once(writes, mark)

    async def _send_once(self, writes: Sequence[Mapping[str, Any]], mark: str) -> None:
        if len(writes) > 1:
            await self._client.transact_write_items(TransactItems=writes, ClientRequestToken=mark)
            return
        for kind, write in writes[0].items():
            await (self._client.put_item if kind == "Put" else self._client.delete_item)(**write)

    async def _took_effect(self, changes: Sequence[Change], mark: str) -> bool:
        """Look up whether the commit is in after all; one of deletions alone is when its items are gone."""
        puts = [change for change in changes if isinstance(change, Put)]
        found = await self._found((puts or changes)[0].key)
        if puts:
            return found is not None and found.get("write") == {"S": mark}
        return found is None and all(change.version for change in changes)

    async def _found(self, key: Key) -> dict[str, Any] | None:
        name = aws_table(key.table, self._environment)
        with answering("dynamodb", f"Table {name}"):
            answer = await self._client.get_item(TableName=name, Key=_at(key), ConsistentRead=True)
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def _write(self, change: Change, mark: str) -> dict[str, Any]:
        write: dict[str, Any] = {"TableName": aws_table(change.key.table, self._environment)}
        if change.version:
            write |= {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(change.version)}},
            }
        else:
            write |= {"ConditionExpression": "attribute_not_exists(pk)"}
        if isinstance(change, Put):
            return {"Put": {**write, "Item": _stored(change, mark)}}
        return {"Delete": {**write, "Key": _at(change.key)}}


def _stored(put: Put, mark: str) -> dict[str, Any]:
    until = {} if put.expires is None else {"expires": {"N": str(int(put.expires.timestamp()))}}
    body = json.dumps(put.body, separators=(",", ":"))
    return {
        **_at(put.key), **until,
        "version": {"N": str(put.version + 1)}, "body": {"S": body}, "write": {"S": mark},
    }  # fmt: skip


def _item(table: str, found: Mapping[str, Any]) -> Item:
    key = Key(table, found["pk"]["S"], found["sk"]["S"])
    return Item(key, json.loads(found["body"]["S"]), int(found["version"]["N"]))


def _at(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.partition}, "sk": {"S": key.sort}}


def _reasons(error: ClientError) -> set[str]:
    reasons: Any = error.response.get("CancellationReasons", ())
    return {code(error), *(reason.get("Code", "") for reason in reasons)}


def _moved(error: ClientError) -> bool:
    found = _reasons(error)
    return bool(found & {_CONDITION, f"{_CONDITION}Exception", "TransactionConflict", "TransactionConflictException"})


def _named(changes: Sequence[Change]) -> str:
    key = changes[0].key
    more = f" (or one of {len(changes) - 1} more)" if len(changes) > 1 else ""
    return f"{key.table} {key.partition} {key.sort}{more}"

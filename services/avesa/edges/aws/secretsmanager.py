"""Secrets Manager: one JSON secret per tenant, remembered for five minutes."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from avesa.core.names import aws_key, aws_secret
from avesa.edges.aws.errors import answering, code
from avesa.errors import Park
from avesa.ports import Clock

REMEMBERED = timedelta(minutes=5)

Credentials = Mapping[str, Mapping[str, str]]


class ManagedSecrets:
    """Credentials of all tenants; what was read is kept in memory for a while."""

    def __init__(self, client: Any, environment: str, clock: Clock) -> None:
        self._client = client
        self._environment = environment
        self._clock = clock
        self._known: dict[str, tuple[datetime, Credentials]] = {}

    async def get(self, tenant: str, *, fresh: bool = False) -> Credentials:
        """A tenant's credentials by source; nothing if it has no secret. Park if the secret cannot be read."""
        at, known = self._known.get(tenant, (None, {}))
        if not fresh and at is not None and self._clock() - at < REMEMBERED:
            return known
        found = await self._read(tenant)
        self._known[tenant] = (self._clock(), found or {})
        return found or {}

    async def put(self, tenant: str, source: str, fields: Mapping[str, str] | None) -> None:
        """Keep or forget one source's credentials; the other sources' stay."""
        found = await self._read(tenant)
        others = {name: kept for name, kept in (found or {}).items() if name != source}
        wanted = others if fields is None else {**others, source: dict(fields)}
        self._known.pop(tenant, None)
        if found is not None or wanted:
            await self._write(tenant, json.dumps(wanted), exists=found is not None)

    async def _read(self, tenant: str) -> Credentials | None:
        name = aws_secret(tenant, self._environment)
        with answering("secretsmanager", f"Secret {name}"):
            try:
                answer = await self._client.get_secret_value(SecretId=name)
            except ClientError as error:
                if code(error) == "ResourceNotFoundException":
                    return None
                raise
        return _parsed(tenant, name, answer.get("SecretString", ""))

    async def _write(self, tenant: str, written: str, *, exists: bool) -> None:
        name = aws_secret(tenant, self._environment)
        with answering("secretsmanager", f"Secret {name}"):
            if exists:
                await self._client.put_secret_value(SecretId=name, SecretString=written)
            else:
                await self._client.create_secret(Name=name, SecretString=written, KmsKeyId=aws_key(self._environment))


def _parsed(tenant: str, name: str, written: str) -> Credentials:
    try:
        return msgspec.json.decode(written, type=dict[str, dict[str, str]])
    except ValueError:  # its text stays here
        raise Park(
            f"The secret {name} of tenant {tenant} is not a JSON object of source and text fields; "
            "write it again, then `avesa tenant resume`."
        ) from None

"""Keeps what LocalStack would forget: tenants, ledger, secrets and lake, in a volume.

LocalStack's free edition holds everything in memory. This program puts what was kept back when it
starts, keeps what has changed every minute and once more when it is stopped: compose stops it after
the workers and before LocalStack. State is read before the lake, so that it never names what was not
kept; messages are not kept, since the next tick plans them again. Demo credentials lie in the volume.
"""

import base64
import json
import signal
import threading
from collections.abc import Iterator
from typing import Any

import boto3

from avesa.health import Pulse
from avesa.settings import settings

KEPT = settings().scratch_path / "kept"
EVERY = 60.0
MARK = "/avesa/local/put-back"
"""A parameter that says that this LocalStack has what was kept; one that started again does not have it."""
TABLES = ("TenantServices-local", "LastUpdated-local", "Windows-local", "Leases-local")


def client(service: str) -> Any:
    """An AWS client of the emulator."""
    return boto3.client(service, region_name=settings().region, endpoint_url=settings().endpoint_url)


STATE, LAKE, SECRETS, MARKS = client("dynamodb"), client("s3"), client("secretsmanager"), client("ssm")
BUCKET = settings().lake_url.removeprefix("s3://")


def keep() -> None:
    """Write what there is now over what was kept."""
    items = {table: list(scan(table)) for table in TABLES}
    secrets = {name: SECRETS.get_secret_value(SecretId=name)["SecretString"] for name in secret_names()}
    tags = {one["Key"]: one["ETag"] for one in pages(LAKE, "list_objects_v2", "Contents", Bucket=BUCKET)}
    known = read("tags", {})
    for key in tags.keys() - {key for key, tag in known.items() if tags.get(key) == tag}:
        (KEPT / "lake" / key).parent.mkdir(parents=True, exist_ok=True)
        LAKE.download_file(BUCKET, key, str(KEPT / "lake" / key))
    for key in known.keys() - tags.keys():
        (KEPT / "lake" / key).unlink(missing_ok=True)
    write("tags", tags)
    write("secrets", secrets)
    write("items", items)


def put_back() -> None:
    """Fill a LocalStack that has started empty with what was kept."""
    for key in read("tags", {}):
        LAKE.upload_file(str(KEPT / "lake" / key), BUCKET, key)
    for name, value in read("secrets", {}).items():
        SECRETS.create_secret(Name=name, SecretString=value)
    for table, items in read("items", {}).items():
        for item in items:
            STATE.put_item(TableName=table, Item=item)
    MARKS.put_parameter(Name=MARK, Value="done", Type="String", Overwrite=True)


def started_anew() -> bool:
    """Whether this LocalStack has not been given yet what was kept."""
    return not MARKS.get_parameters(Names=[MARK])["Parameters"]


def scan(table: str) -> Iterator[Any]:
    """Every item of a table."""
    return pages(STATE, "scan", "Items", TableName=table)


def secret_names() -> list[str]:
    """Every secret's name."""
    return [secret["Name"] for secret in pages(SECRETS, "list_secrets", "SecretList")]


def pages(service: Any, call: str, field: str, **given: str) -> Iterator[Any]:
    """What all pages of a listing hold."""
    for page in service.get_paginator(call).paginate(**given):
        yield from page.get(field, ())


def read(name: str, otherwise: Any) -> Any:
    """A kept file's content."""
    file = KEPT / f"{name}.json"
    return json.loads(file.read_text(), object_hook=bytes_again) if file.exists() else otherwise


def write(name: str, value: Any) -> None:
    """Replace a kept file whole."""
    KEPT.mkdir(exist_ok=True)
    fresh = KEPT / f"{name}.fresh"
    fresh.write_text(json.dumps(value, default=lambda held: {"base64": base64.b64encode(held).decode()}))
    fresh.replace(KEPT / f"{name}.json")


def bytes_again(held: dict[str, Any]) -> Any:
    """Undo what `write` did to bytes."""
    return base64.b64decode(held["base64"]) if held.keys() == {"base64"} else held


def main() -> None:
    """Put back, then keep until told to stop."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    pulse = Pulse(settings().scratch_path)
    while True:
        if started_anew():
            put_back()
        pulse.beat()
        stopped = stop.wait(EVERY)
        if not started_anew():
            keep()
        if stopped:
            return


if __name__ == "__main__":
    main()

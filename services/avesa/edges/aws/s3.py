"""A bucket as lake: large objects go up in parts, each with its checksum; what comes down is whole."""

import asyncio
import base64
import hashlib
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import stamina
from botocore.exceptions import ClientError

from avesa.edges.aws.errors import answering, code
from avesa.errors import OutOfSpace, StoreUnavailable, UsageError
from avesa.ports import TableAddress
from avesa.settings import Settings

PART = 16 << 20
"""Bytes of an upload's part; a smaller file goes up in one request."""

_PARTS_AT_ONCE = 4
_CHUNK = 1 << 20
_NAMES_AT_ONCE = 1000


class BucketLake:
    """Objects below `s3://bucket[/prefix]`; uploads of one process hold four parts in memory at most."""

    def __init__(self, client: Any, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._bucket, self._prefix = _root(settings.lake_url)
        self._turns = asyncio.Semaphore(_PARTS_AT_ONCE)

    async def put(self, name: str, source: Path) -> None:
        """Copy a local file in; S3 compares the checksum of what it got and shows the object whole."""
        size = (await asyncio.to_thread(source.stat)).st_size
        with answering("s3", self._thing(name)):
            if size <= PART:
                await self._put_whole(self._key(name), source)
            else:
                await self._put_parts(self._key(name), source, size)

    async def fetch(self, name: str, target: Path) -> None:
        """Copy an object out; a body that is cut is asked for again."""
        beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            async for attempt in stamina.retry_context(on=_Cut, attempts=4, timeout=None):
                with attempt:
                    await self._fetch(name, beside)
            beside.replace(target)
        except OSError as error:
            raise OutOfSpace(f"{target} could not be written ({error.strerror}); is the scratch disk full?") from None
        finally:
            beside.unlink(missing_ok=True)

    async def names(self, prefix: str) -> list[str]:
        """The names under a prefix, page by page."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._key(prefix))
        with answering("s3", f"Bucket {self._bucket}"):
            found = [entry["Key"] async for page in pages for entry in page.get("Contents", ())]
        return sorted(key.removeprefix(self._prefix) for key in found)

    async def remove(self, names: Sequence[str]) -> None:
        """Delete objects, a thousand in a request."""
        for start in range(0, len(names), _NAMES_AT_ONCE):
            keys = [{"Key": self._key(name)} for name in names[start : start + _NAMES_AT_ONCE]]
            with answering("s3", f"Bucket {self._bucket}"):
                answer = await self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})
            for failure in answer.get("Errors", ()):
                raise StoreUnavailable(f"{self._thing(failure['Key'])} could not be deleted: {failure['Code']}.")

    def table(self, name: str) -> TableAddress:
        """A table's URI; delta-rs finds credentials where this process does, and commits by conditional PUT."""
        options = {"aws_region": self._settings.region, "aws_conditional_put": "etag"}
        if self._settings.endpoint_url:
            options |= {"aws_endpoint": self._settings.endpoint_url, "aws_allow_http": "true"}
        return TableAddress(f"s3://{self._bucket}/{self._key(name)}", options)

    async def _put_whole(self, key: str, source: Path) -> None:
        async with self._turns:
            body, checksum = await asyncio.to_thread(_read, source, 0)
            await self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ChecksumSHA256=checksum)

    async def _put_parts(self, key: str, source: Path, size: int) -> None:
        upload = await self._client.create_multipart_upload(
            Bucket=self._bucket, Key=key, ChecksumAlgorithm="SHA256"
        )  # fmt: skip
        whole = {"Bucket": self._bucket, "Key": key, "UploadId": upload["UploadId"]}
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self._client.abort_multipart_upload, **whole)
            parts = await _gather([self._put_part(whole, source, at) for at in range(-(-size // PART))])
            await self._client.complete_multipart_upload(**whole, MultipartUpload={"Parts": parts})
            undo.pop_all()

    async def _put_part(self, whole: dict[str, str], source: Path, at: int) -> dict[str, Any]:
        async with self._turns:
            body, checksum = await asyncio.to_thread(_read, source, at * PART)
            answer = await self._client.upload_part(**whole, PartNumber=at + 1, Body=body, ChecksumSHA256=checksum)
        return {"PartNumber": at + 1, "ETag": answer["ETag"], "ChecksumSHA256": checksum}

    async def _fetch(self, name: str, beside: Path) -> None:
        with answering("s3", self._thing(name)):
            try:
                answer = await self._client.get_object(Bucket=self._bucket, Key=self._key(name))
            except ClientError as error:
                if code(error) != "NoSuchKey":
                    raise
                raise StoreUnavailable(f"{self._thing(name)} is not in the lake; was it deleted by hand?") from None
        with beside.open("wb") as file:
            async for chunk in _chunks(answer["Body"], self._thing(name)):
                await asyncio.to_thread(file.write, chunk)
            if file.tell() != answer["ContentLength"]:
                raise _Cut(f"{self._thing(name)} came cut off.")

    def _key(self, name: str) -> str:
        if ".." in name.split("/"):
            raise StoreUnavailable(f"{name!r} is not a name in this lake.")
        return f"{self._prefix}{name}"

    def _thing(self, name: str) -> str:
        return f"s3://{self._bucket}/{self._prefix}{name}"


class _Cut(StoreUnavailable):
    """An object's body ended before its end."""


def _root(url: str) -> tuple[str, str]:
    scheme, _, rest = url.partition("://")
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise UsageError(f"The lake of an AWS environment is s3://bucket, not {url!r}; set AVESA_LAKE.")
    return bucket, f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""


def _read(source: Path, start: int) -> tuple[bytes, str]:
    with source.open("rb") as file:
        file.seek(start)
        body = file.read(PART)
    return body, base64.b64encode(hashlib.sha256(body).digest()).decode()


async def _chunks(body: Any, thing: str) -> AsyncIterator[bytes]:
    try:
        async with body:
            async for chunk in body.iter_chunks(_CHUNK):
                yield chunk
    except (aiohttp.ClientError, TimeoutError) as error:
        raise _Cut(f"{thing} came cut off ({type(error).__name__}).") from None


async def _gather(calls: Sequence[Any]) -> list[Any]:
    """Run all; the first that fails stops the others and is raised itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call, name=f"part {at + 1}") for at, call in enumerate(calls)]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]

"""The one HTTP client: plain values in, plain values out; faults of the line in our words."""

import asyncio
import ssl
import uuid
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from avesa.core.hosts import check_host
from avesa.errors import OutOfSpace, SourceUnavailable, UsageError
from avesa.settings import Settings
from avesa.sources.dialect import Request, Response

LARGEST = 256 << 20
"""Bytes of one answer held in memory; a page that is larger is no page of ours."""
TIMEOUT = 100.0
"""Seconds a source may be silent: more than ServiceNow's 60 and less than a message stays hidden."""
LONGEST = 600.0
"""Seconds a whole answer may take, or a line that drips would hold a slot for ever; files may take longer."""


class Http:
    """Connections to all sources."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        limits = httpx.Limits(
            max_connections=settings.connections * 4, max_keepalive_connections=settings.connections * 4
        )
        self._client = httpx.AsyncClient(
            verify=_trusted(settings.ca_file), limits=limits, timeout=httpx.Timeout(TIMEOUT, connect=15),
            follow_redirects=False, http2=False, trust_env=False,
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def send(self, request: Request, hosts: tuple[str, ...]) -> Response:
        """Send one request to a host of its source; SourceUnavailable when no whole answer comes."""
        check_host(request.url, hosts, loopback=self._settings.loopback, extra=self._settings.extra_hosts)
        place = request.url.partition("?")[0]
        try:
            async with asyncio.timeout(None if request.to_file else LONGEST):
                return await self._exchange(request)
        except (httpx.TimeoutException, TimeoutError):
            raise SourceUnavailable(f"{place} did not answer in time.") from None
        except httpx.DecodingError:
            raise SourceUnavailable(f"{place} sent an answer whose compression is damaged.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SourceUnavailable(f"{place} could not be asked, or broke off ({type(error).__name__}).") from None

    async def _exchange(self, request: Request) -> Response:
        timeout = httpx.USE_CLIENT_DEFAULT if request.timeout is None else httpx.Timeout(request.timeout, connect=15)
        self._client.cookies.clear()  # a shared session would make the source serve us one request at a time
        built = self._client.build_request(
            request.method, request.url, params=list(request.params) or None, headers=dict(request.headers),
            content=request.body, timeout=timeout,
        )  # fmt: skip
        answer = await self._client.send(built, stream=True)
        try:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            if request.to_file and answer.status_code == 200:
                path = await self._to_file(answer)
                return Response(answer.status_code, headers, url=request.url, path=path)
            return Response(answer.status_code, headers, await _read(answer), request.url)
        finally:
            await answer.aclose()

    async def _to_file(self, answer: httpx.Response) -> Path:
        path = self._settings.scratch_path / f"body-{uuid.uuid4().hex}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                async for chunk in answer.aiter_bytes():
                    file.write(chunk)
        except OSError as error:
            with suppress(OSError):
                path.unlink()
            raise OutOfSpace(f"{path} could not be written ({error.strerror}); is the scratch disk full?") from None
        except httpx.HTTPError:
            path.unlink(missing_ok=True)
            raise
        return path


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    """The usual certificate authorities, and the one that the settings name."""
    context = ssl.create_default_context()
    try:
        if ca_file is not None:
            context.load_verify_locations(ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise UsageError(f"AVESA_CA_FILE: {ca_file} is no readable certificate ({error.strerror}).") from None
    return context


async def _read(answer: httpx.Response) -> bytes:
    chunks, size = [], 0
    async for chunk in answer.aiter_bytes():
        size += len(chunk)
        if size > LARGEST:
            raise SourceUnavailable(f"The source's answer is larger than {LARGEST >> 20} MiB.")
        chunks.append(chunk)
    return b"".join(chunks)

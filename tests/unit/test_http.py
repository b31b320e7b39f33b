"""The HTTP edge against a real socket: whole answers, or SourceUnavailable."""

import asyncio
import gzip
import json
from contextlib import asynccontextmanager, suppress

import pytest

from avesa.edges import http as edge
from avesa.edges.http import Http
from avesa.errors import OutOfSpace, Park, SourceUnavailable, UsageError
from avesa.settings import Settings
from avesa.sources.dialect import Request

OK = b"HTTP/1.1 200 OK\r\n"
BODY = json.dumps([{"id": 1}]).encode()


@asynccontextmanager
async def line(tmp_path, *answers, **settings):
    """A client, the address of a server that gives these bytes in turn, and the requests that it got."""
    got, left, serving = [], list(answers), set()

    async def serve(reader, writer):
        serving.add(asyncio.current_task())
        with suppress(ConnectionError):
            got.append(await reader.readuntil(b"\r\n\r\n"))
            for piece in left.pop(0) if len(left) > 1 else left[0]:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a"
    chosen = Settings(**{"home": tmp_path, "loopback": True, **settings})
    async with server, Http(chosen) as http:
        yield http, url, got
    for task in serving:
        await task


def whole(body=BODY, *headers, status=OK):
    """A whole answer."""
    return [status + b"".join(h + b"\r\n" for h in headers) + b"Content-Length: %d\r\n\r\n" % len(body) + body]


async def test_a_whole_answer_comes_back_as_plain_values(tmp_path):
    """Status, header names in small letters, and the body unpacked; parameters and headers go out."""
    packed = whole(gzip.compress(BODY), b"Content-Encoding: gzip", b"Link: ")
    async with line(tmp_path, packed) as (http, url, got):
        response = await http.send(Request("GET", url, (("conditions", "a >= [b]"),), {"clientid": "x"}), ())
    assert (response.status, response.headers["link"], response.body) == (200, "", BODY)
    assert b"clientid: x" in got[0]
    assert b"accept-encoding: gzip" in got[0].lower()
    assert got[0].startswith(b"GET /a?conditions=a+%3E%3D+%5Bb%5D HTTP/1.1")


FAULTS = {
    "cut body": [OK + b"Content-Length: 100\r\n\r\n[{"],
    "cut chunks": [OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[{}", b""],
    "bad gzip": whole(b"no gzip at all", b"Content-Encoding: gzip"),
    "no answer": [b""],
    "no HTTP": [b"220 smtp ready\r\n"],
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_is_not_a_whole_answer_passes_for_none(tmp_path, fault):
    """T4: a cut, damaged or foreign answer is asked for again; its URL is told without its query."""
    async with line(tmp_path, FAULTS[fault]) as (http, url, _):
        with pytest.raises(SourceUnavailable) as error:
            await http.send(Request("GET", f"{url}?token=hush"), ())
    assert url in str(error.value)
    assert "hush" not in str(error.value)


async def test_nobody_listening_is_a_passing_fault(tmp_path):
    """The connection is refused: tried again later."""
    async with line(tmp_path, whole()) as (http, url, _):
        pass
    async with Http(Settings(home=tmp_path, loopback=True)) as http:
        with pytest.raises(SourceUnavailable, match="could not be asked"):
            await http.send(Request("GET", url), ())


async def test_a_silent_source_is_not_waited_for_for_ever(tmp_path):
    """A request may name its own patience."""
    async with line(tmp_path, [OK, *[b""] * 100]) as (http, url, _):
        with pytest.raises(SourceUnavailable, match="in time"):
            await http.send(Request("GET", url, timeout=0.05), ())


async def test_a_line_that_drips_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    """Each byte comes in time, the whole does not: the slot goes free."""
    monkeypatch.setattr(edge, "LONGEST", 0.1)
    async with line(tmp_path, [OK + b"Content-Length: 99\r\n\r\n", *[b"x"] * 99]) as (http, url, _):
        with pytest.raises(SourceUnavailable, match="in time"):
            await http.send(Request("GET", url), ())


async def test_a_redirect_is_not_followed(tmp_path):
    """P8: a credential does not go where an answer points to."""
    moved = whole(b"", b"Location: http://127.0.0.1:1/", status=b"HTTP/1.1 302 Found\r\n")
    async with line(tmp_path, moved) as (http, url, got):
        assert (await http.send(Request("GET", url), ())).status == 302
        assert len(got) == 1


async def test_cookies_are_not_kept(tmp_path):
    """One ServiceNow session would serve its requests one after the other."""
    async with line(tmp_path, whole(BODY, b"Set-Cookie: JSESSIONID=1", b"Connection: close")) as (http, url, got):
        await http.send(Request("GET", url), ())
        await http.send(Request("GET", url), ())
    assert not any(b"JSESSIONID" in request for request in got)


async def test_a_host_that_is_not_the_source_s_gets_no_request(tmp_path):
    """P8: refused before anything is sent."""
    async with line(tmp_path, whole(), loopback=False) as (http, url, got):
        with pytest.raises(Park):
            await http.send(Request("GET", url), (".myconnectwise.net",))
    assert not got


async def test_an_answer_without_end_does_not_fill_memory(tmp_path, monkeypatch):
    """T10, P7: what unpacks to more than a page may hold is given up."""
    monkeypatch.setattr(edge, "LARGEST", 1 << 20)
    bomb = whole(gzip.compress(bytes(4 << 20)), b"Content-Encoding: gzip")
    async with line(tmp_path, bomb) as (http, url, _):
        with pytest.raises(SourceUnavailable, match="larger than 1 MiB"):
            await http.send(Request("GET", url), ())


async def test_a_body_may_go_to_a_file(tmp_path):
    """T10: a bulk page is streamed to scratch; a refusal stays in memory for the flow to read."""
    refused = whole(b"{}", b"Connection: close", status=b"HTTP/1.1 400 Bad\r\n")
    async with line(tmp_path, whole(b"Id\n1\n", b"Connection: close"), refused) as (http, url, _):
        response = await http.send(Request("GET", url, to_file=True), ())
        assert (response.path.read_bytes(), response.body) == (b"Id\n1\n", b"")
        assert (await http.send(Request("GET", url, to_file=True), ())).body == b"{}"


async def test_a_cut_file_leaves_nothing_behind(tmp_path):
    """P7: scratch holds no half bodies."""
    async with line(tmp_path, FAULTS["cut body"]) as (http, url, _):
        with pytest.raises(SourceUnavailable):
            await http.send(Request("GET", url, to_file=True), ())
    assert not list((tmp_path / "scratch").iterdir())


async def test_a_scratch_disk_that_takes_nothing_is_named(tmp_path):
    """T12: the folder is in the sentence."""
    (tmp_path / "scratch").write_text("a file")
    async with line(tmp_path, whole()) as (http, url, _):
        with pytest.raises(OutOfSpace, match="scratch"):
            await http.send(Request("GET", url, to_file=True), ())


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_that_cannot_be_read_is_named(tmp_path, content):
    """A wrong setting is told in one sentence."""
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    with pytest.raises(UsageError, match="AVESA_CA_FILE"):
        Http(Settings(home=tmp_path, ca_file=path))

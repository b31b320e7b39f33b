"""The command `avesa-simulator serve`: its first line, TLS, a cut connection, and how it stops."""

import json
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

TICKETS = "/v4_6_release/apis/3.0/service/tickets"


@contextmanager
def serving(*options: str) -> Iterator[dict]:
    """A running simulator's first line."""
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--tickets", "200", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0


def client(known: dict, **options) -> httpx.Client:
    """Signed in with what the first line says."""
    auth = (f"{known['company_id']}+{known['public_key']}", known["private_key"])
    return httpx.Client(base_url=known["url"], auth=auth, headers={"clientId": known["client_id"]}, **options)


def test_the_first_line_lets_a_client_in():
    """The socket is bound before the line is printed; SIGTERM ends it with 0; `cut` breaks the connection."""
    with serving("--seed", "4", "--fault", "cut") as line, client(line["connectwise"]) as cw:
        cut = 0
        for _ in range(40):
            try:
                assert cw.get(TICKETS).status_code == 200
            except httpx.RemoteProtocolError:
                cut += 1
        assert 0 < cut < 40


def test_tls_with_a_certificate_of_its_own():
    """Https with a certificate made for the run, so that clients that insist on it can be used."""
    with serving("--tls") as line:
        context = ssl.create_default_context(cafile=line["ca_file"])
        with client(line["connectwise"], verify=context) as cw:
            assert cw.base_url.scheme == "https"
            assert cw.get(TICKETS).status_code == 200


def test_an_unknown_fault_is_named():
    """A mistake ends with a sentence and a non-zero exit."""
    command = [sys.executable, "-m", "simulator", "serve", "--fault", "nonsense"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode != 0
    assert "nonsense" in done.stderr


@pytest.mark.parametrize("name", ["429", "late", "codebase-moved"])
def test_faults_are_listed(name):
    """`avesa-simulator faults` tells what there is."""
    done = subprocess.run([sys.executable, "-m", "simulator", "faults"], capture_output=True, text=True, check=True)
    assert name in done.stdout

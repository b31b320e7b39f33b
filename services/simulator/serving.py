"""Binds the socket, prints the line that clients wait for, and serves until told to stop."""

import json
import logging
import signal
import ssl
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import AF_INET, IPPROTO_TCP, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulator.server import application, credentials
from simulator.site import Site

CERTIFICATE = "certificate.pem"
"""What clients that insist on TLS are told to trust: `ca_file` in the printed line."""


def bound(host: str, port: int) -> socket:
    """A listening socket: who connects from now on is served."""
    listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)  # asyncio sends without delay only where TCP is named
    listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(512)
    return listener


def url_of(listener: socket, *, tls: bool) -> str:
    """Where the socket listens; all interfaces are reached by the loopback one."""
    host, port = listener.getsockname()[:2]
    return f"{'https' if tls else 'http'}://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104


def run(
    site: Site, listener: socket, *, tls: bool = False, latency_ms: float = 0, requests_per_minute: int | None = None
) -> None:
    """Print the credentials, then serve until SIGTERM or SIGINT."""
    app = application(site, latency_ms=latency_ms, requests_per_minute=requests_per_minute)
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    told = credentials(site)
    with tempfile.TemporaryDirectory() as folder:
        if tls:
            config.load()
            config.ssl = _context(site.url, Path(folder))
            told["ca_file"] = str(Path(folder) / CERTIFICATE)
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        _serve(uvicorn.Server(config), listener)


def _serve(server: uvicorn.Server, listener: socket) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)  # uvicorn raises the signal again once it has shut down
    server.run(sockets=[listener])


def _leave(_: int, __: object) -> None:
    raise SystemExit(0)


def _context(url: str, folder: Path) -> ssl.SSLContext:
    """A TLS context with a certificate signed by itself, good for a week."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "avesa simulator")])
    now = datetime.now(UTC)
    hosts = [x509.DNSName("localhost"), x509.DNSName(url.split("/")[2].rsplit(":", 1)[0])]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([*hosts, x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "simulator.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    public = certificate.public_bytes(serialization.Encoding.PEM)
    file.write_bytes(private + public)
    (folder / CERTIFICATE).write_bytes(public)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context

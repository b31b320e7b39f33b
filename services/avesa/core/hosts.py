"""Which hosts a tenant's URL may name: the source's own, so that no credential goes anywhere else.

https only: a host that answers under the vendor's name must also hold the vendor's certificate,
so a name that resolves to an address of ours gets no request.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from avesa.errors import Park

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def check_host(url: str, suffixes: Sequence[str], *, loopback: bool, extra: Sequence[str] = ()) -> None:
    """Return for a URL that may be asked; Park says what is wrong with another."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise Park("The URL of the source cannot be read; it looks like https://host.") from None
    host = (parts.hostname or "").lower()
    if parts.username or parts.password:
        raise Park(f"The URL of {host} carries a user or password; credentials belong into the secret.")
    if host in extra or (loopback and host in LOOPBACK):
        return
    if parts.scheme != "https":
        raise Park(f"{parts.scheme}://{host} is not https; the source is asked over https only.")
    if not NAME.fullmatch(host) or not any(host.endswith(suffix) and host != suffix for suffix in suffixes):
        raise Park(f"{host or 'The URL'} is not a host of this source; its hosts end in {', '.join(suffixes)}.")

"""Where the service's upload and download URLs may lead: to public addresses, over https, and nowhere else.

Whoever could put another URL into an answer could otherwise have the function send training data to, or store a file
from, what only the function can reach: Lambda's own endpoints, a metadata service, a host in the VPC. The address is
checked on the connection itself: a name may resolve differently the next time (DNS rebinding).
"""

from __future__ import annotations

import socket
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

_LOOPBACK_NAMES = ("localhost", "127.0.0.1")
"""What the template's parameter `PredictionOneApiUrl` accepts with plain http."""


class NotPublicError(Exception):
    """A URL leads to an address that is not public. The text names the address, not the URL, which is a secret."""


def is_public(address: str) -> bool:
    """Return whether an IP address can be reached by everybody."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return parsed.is_global and not parsed.is_multicast


def is_local(base_url: str) -> bool:
    """Return whether the API's base URL is on this machine. Then its upload and download URLs may be, too."""
    return urlsplit(base_url).hostname in _LOOPBACK_NAMES


class _PublicConnection(HTTPSConnection):
    # Before the TLS handshake. urllib3 has no public hook there; its own SOCKS connections override this method, too.
    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        address = connected.getpeername()[0]
        if not is_public(address):
            connected.close()
            raise NotPublicError(f"it leads to {address}, which is not a public address")
        return connected


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class PublicAdapter(HTTPAdapter):
    """Connects to public addresses only, over https only; all else raises `NotPublicError`."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Have urllib3 use these connections (its guide, "Customizing pool manager", `pool_classes_by_scheme`)."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _PublicPool}

    def send(self, request: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # passed on as they came
        """Send a request, if its URL is https."""
        if not request.url.startswith("https://"):
            raise NotPublicError("it is not an https URL")
        return super().send(request, **kwargs)

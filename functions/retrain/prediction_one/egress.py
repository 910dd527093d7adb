"""Where the service's upload and download URLs may lead: to public addresses, over https, and nowhere else.

Whoever could put another URL into an answer could otherwise have the function send training data to, or store a file
from, what only the function can reach: Lambda's own endpoints, a metadata service, a host in the VPC. The address is
checked on the connection itself: a name may resolve differently the next time (DNS rebinding).
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, ClassVar
from urllib.parse import urlsplit

from urllib3.connectionpool import HTTPSConnectionPool

from retrain.prediction_one.answers import TimedAdapter, TimedHttpsConnection

_LOOPBACK_NAMES = ("localhost", "127.0.0.1")
"""What the template's parameter `PredictionOneApiUrl` accepts with plain http."""

_NAT64 = IPv6Network("64:ff9b::/96")
"""Leads to the IPv4 address in its last 32 bits (RFC 6052), from a subnet whose DNS64 is on, too."""


class NotPublicError(Exception):
    """A URL leads to an address that is not public. The text names the address, not the URL, which is a secret."""


def is_public(address: str) -> bool:
    """Return whether an IP address can be reached by everybody."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        parsed = _translated(parsed)
    return parsed.is_global and not parsed.is_multicast


def _translated(address: IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address stands for; itself if it stands for none."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_local(base_url: str) -> bool:
    """Return whether the API's base URL is on this machine. Then its upload and download URLs may be, too."""
    return urlsplit(base_url).hostname in _LOOPBACK_NAMES


class _PublicConnection(TimedHttpsConnection):
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


class PublicAdapter(TimedAdapter):
    """Connects to public addresses only, over https only; all else raises `NotPublicError`."""

    pools: ClassVar[Mapping[str, Any]] = {"https": _PublicPool}

    def send(self, request: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # passed on as they came
        """Send a request, if its URL is https."""
        if not request.url.startswith("https://"):
            raise NotPublicError("it is not an https URL")
        return super().send(request, **kwargs)

"""The limit: two TLS sockets, one buffer, no HTTP library."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from benchmarks.transfer import Transfer

_BUFFER_BYTES = 256 * 1024
_TIMEOUT_SECONDS = 120
_END_OF_HEAD = b"\r\n\r\n"


def relay(transfer: Transfer) -> None:
    """Move the object from socket to socket."""
    tls = ssl.create_default_context(cafile=transfer.ca_path)
    with _connect(tls, transfer.source_url) as source, _connect(tls, transfer.sink_url) as sink:
        source.sendall(_request_head("GET", transfer.source_url, 0))
        body_begin = _read_head(source, b"200")
        sink.sendall(_request_head("PUT", transfer.sink_url, transfer.size_bytes) + body_begin)
        _move(source, sink, transfer.size_bytes - len(body_begin))
        _read_head(sink, b"20")


def _move(source: ssl.SSLSocket, sink: ssl.SSLSocket, remaining_bytes: int) -> None:
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    while remaining_bytes:
        # Filled before it is sent: sending each 16 KiB TLS record as it comes takes more CPU.
        filled_bytes = 0
        while filled_bytes < min(_BUFFER_BYTES, remaining_bytes):
            received_bytes = source.recv_into(buffer[filled_bytes:])
            if not received_bytes:
                raise ConnectionError("the source ended before the object did")
            filled_bytes += received_bytes
        sink.sendall(buffer[:filled_bytes])
        remaining_bytes -= filled_bytes


def _connect(tls: ssl.SSLContext, url: str) -> ssl.SSLSocket:
    parts = urlsplit(url)
    host, port = str(parts.hostname), int(parts.port or 443)
    connection = socket.create_connection((host, port), timeout=_TIMEOUT_SECONDS)
    return tls.wrap_socket(connection, server_hostname=host)


def _request_head(method: str, url: str, size_bytes: int) -> bytes:
    parts = urlsplit(url)
    head = f"{method} {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {size_bytes}"
    return head.encode("ascii") + _END_OF_HEAD


def _read_head(connection: ssl.SSLSocket, expected_status: bytes) -> bytes:
    received = b""
    while _END_OF_HEAD not in received:
        chunk = connection.recv(_BUFFER_BYTES)
        if not chunk:
            raise ConnectionError("the connection ended before the answer did")
        received += chunk
    head, _, rest = received.partition(_END_OF_HEAD)
    if not head.split(b" ", 2)[1].startswith(expected_status):
        raise ConnectionError(f"unexpected answer: {head.splitlines()[0]!r}")
    return rest

"""What stands between a function and what it calls, on a free loopback port: to answer in its place, or to watch it."""

from __future__ import annotations

import http.client
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType


class LoopbackProxy:
    """Serves in front of an upstream; a context manager. What becomes of a call is its handler's affair.

    Parameters
    ----------
    handler
        Deals with each call; its `server.proxy` is this object.
    upstream_url
        Where calls go.
    ca_bundle
        The upstream's certificate, if it is https.

    Attributes
    ----------
    url
        Where it serves.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler], upstream_url: str, ca_bundle: Path | None = None) -> None:
        self._upstream = urlsplit(upstream_url)
        self._tls = ssl.create_default_context(cafile=ca_bundle) if ca_bundle else None
        self._server = _Server(self, handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Begin to serve."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection to the upstream."""
        host, port = str(self._upstream.hostname), self._upstream.port
        if self._tls:
            return http.client.HTTPSConnection(host, port, context=self._tls, timeout=60)
        return http.client.HTTPConnection(host, port, timeout=60)


class QuietServer(ThreadingHTTPServer):
    """A thread per connection, on a free loopback port; says nothing of clients that went away, as tests kill them."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Show the traceback of anything else: it is a defect."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Server(QuietServer):
    def __init__(self, proxy: LoopbackProxy, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(handler)
        self.proxy = proxy

"""The web server: one page on a loopback port, for this machine's browser alone.

A foreign site must not reach it through the viewer's browser: a request with another `Host` (DNS rebinding) or with
another `Origin` is refused, and it answers only what this page's own script asks for.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Self, cast

from local.page_host.widget import invoke

if TYPE_CHECKING:
    from types import TracebackType

    from mypy_boto3_lambda import LambdaClient

_FILES = {
    "/": ("host.html", "text/html; charset=utf-8"),
    "/host.js": ("host.js", "text/javascript; charset=utf-8"),
    "/host.css": ("host.css", "text/css; charset=utf-8"),
}

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_MAX_REQUEST_BYTES = 1024 * 1024
"""More than the largest event that the page makes: a file's key has at most 1,024 bytes."""


class PageHost:
    """The server; a context manager. Whoever opens it acts with the rights of `functions`.

    Parameters
    ----------
    functions
        The Lambda client.
    endpoint
        The page function: its name or ARN.
    port
        0 for any that is free.
    """

    def __init__(self, functions: LambdaClient, endpoint: str, port: int = 0) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._server.__dict__.update(functions=functions, endpoint=endpoint, url=self.url)

    def __enter__(self) -> Self:
        """Serve, in a thread."""
        Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        """Serve until it is stopped."""
        self._server.serve_forever(poll_interval=0.05)


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """Give the page, its script and its style."""
        if not self._is_own():
            return
        if self.path not in _FILES:
            self._answer(HTTPStatus.NOT_FOUND, b"Not found.", "text/plain")
            return
        name, content_type = _FILES[self.path]
        self._answer(HTTPStatus.OK, Path(__file__).with_name(name).read_bytes(), content_type)

    def do_POST(self) -> None:
        """Invoke a function: the page's, or the one that a `cwdb-action` names."""
        if not self._is_own():
            return
        length = self.headers.get("Content-Length", "")
        if self.path != "/invoke" or not length.isdecimal() or int(length) > _MAX_REQUEST_BYTES:
            self._answer(HTTPStatus.BAD_REQUEST, b"Bad request.", "text/plain")
            return
        asked = json.loads(self.rfile.read(int(length)))
        held = cast("Any", self.server)
        answer = invoke(held.functions, asked.get("endpoint") or held.endpoint, asked["event"])
        self._answer(HTTPStatus.OK, json.dumps(vars(answer)).encode(), "application/json")

    def log_message(self, *_: object) -> None:
        """Log nothing: a URL or an event may name customers' files."""

    def _is_own(self) -> bool:
        """Return whether this page's own script, or the browser's address bar, asks; if not, refuse."""
        own: str = cast("Any", self.server).url
        is_own: bool = self.headers.get("Host") == own.removeprefix("http://")
        if self.command == "POST":
            is_json = self.headers.get("Content-Type") == "application/json"  # a form of another site cannot send it
            is_own = is_own and is_json and self.headers.get("Origin") == own
        else:
            is_own = is_own and self.headers.get("Origin", own) == own
        if not is_own:
            self.close_connection = True
            self._answer(HTTPStatus.FORBIDDEN, f"Open {own} itself.".encode(), "text/plain")
        return is_own

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Type": content_type, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

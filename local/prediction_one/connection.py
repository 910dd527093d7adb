"""One client's connection and the socket server around it: bytes in, bytes out, and ways to break off."""

import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock
from typing import Any

from local.prediction_one.answers import Answer

_CHUNK_BYTES = 256 * 1024
_PIECES_PER_SECOND = 10
_LINGER_BYTES = 1024 * 1024
_LINGER_SECONDS = 1.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER, on, for no time: close() sends RST


class BodyCutShortError(Exception):
    """The client went away before the last byte of its request."""


class Connection(BaseHTTPRequestHandler):
    """A keep-alive HTTP/1.1 connection; each request on it goes to the server's `serve`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes; Nagle would hold the second back for 40 ms
    server: "StandInServer"

    def handle_one_request(self) -> None:
        """Deal with the next request."""
        self.body_is_unread = False
        self._client_awaits_continue = False
        with suppress(ConnectionError):  # a client may go away between two requests
            super().handle_one_request()
            return
        self.close_connection = True

    def handle_expect_100(self) -> bool:
        """Hold back the 100 until the body is wanted: a refusal comes instead of it, as from S3."""
        self._client_awaits_continue = True
        return True

    def do_GET(self) -> None:
        """Serve any method."""
        has_body = self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers
        self.body_is_unread = has_body
        self.server.serve(self)

    do_PUT = do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the same

    def read_body(self, size_bytes: int, bytes_per_second: int | None = None) -> Iterator[bytes]:
        """
        Give the next `size_bytes` of the body as they arrive, at most `bytes_per_second`.

        Raises
        ------
        BodyCutShortError
            The client went away.
        TimeoutError
            It stopped sending.
        """
        if self._client_awaits_continue:
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._client_awaits_continue = False
        left_bytes = size_bytes
        while left_bytes:
            piece_bytes = min(left_bytes, self._piece_bytes(bytes_per_second))
            try:
                chunk = self.rfile.read1(piece_bytes)
            except ConnectionError as exc:
                raise BodyCutShortError from exc
            if not chunk:
                raise BodyCutShortError
            left_bytes -= len(chunk)
            yield chunk
            self._keep_pace(len(chunk), bytes_per_second)
        self.body_is_unread = size_bytes < int(self.headers.get("Content-Length", 0))

    def send(self, answer: Answer, *, bytes_per_second: int | None = None, cut_after: int | None = None) -> None:
        """Send `answer`, at most `bytes_per_second`, and no more than `cut_after` bytes of its body."""
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.body:
            self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.body_is_unread:
            self.send_header("Connection", "close")
        self.end_headers()
        body = answer.body[:cut_after]
        piece_bytes = self._piece_bytes(bytes_per_second)
        for start in range(0, len(body), piece_bytes):
            piece = body[start : start + piece_bytes]
            self.wfile.write(piece)
            self._keep_pace(len(piece), bytes_per_second)

    def linger(self) -> None:
        """Let a client that still sends a small body finish, so that it sees the answer; then close."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(_LINGER_SECONDS)
        left_bytes = _LINGER_BYTES
        with suppress(OSError):
            while left_bytes > 0 and (chunk := self.connection.recv(_CHUNK_BYTES)):
                left_bytes -= len(chunk)

    def drop(self, *, reset: bool = False) -> None:
        """Close the socket now, with a TCP reset if asked to."""
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.rfile.close()
        self.connection.close()

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the server's end."""
        self.server.stopping.wait(seconds)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log a request without its query, which may hold a signature."""
        self.log_message("%s %s %s %s", self.command, self.path.partition("?")[0], code, size)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Write to stderr if asked to be verbose."""
        if self.server.verbose:
            super().log_message(format, *args)

    def _piece_bytes(self, bytes_per_second: int | None) -> int:
        return max(1, bytes_per_second // _PIECES_PER_SECOND) if bytes_per_second else _CHUNK_BYTES

    def _keep_pace(self, moved_bytes: int, bytes_per_second: int | None) -> None:
        if bytes_per_second:
            self.pause(moved_bytes / bytes_per_second)


class StandInServer(ThreadingHTTPServer):
    """A thread per connection on 127.0.0.1; `stop` ends them all."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, port: int, serve: Callable[[Connection], None], *, verbose: bool) -> None:
        self.serve = serve
        self.verbose = verbose
        self.stopping = Event()
        self._open: set[socket.socket] = set()
        self._open_lock = Lock()
        super().__init__(("127.0.0.1", port), Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection while it is open."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        """Accept no more, and end what is open."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._open_lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that went away; anything else is a defect and shows its traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

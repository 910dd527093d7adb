"""A server that answers with any bytes, at any pace, for as long as the client stays."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self

Pieces = Callable[[], Iterable[bytes]]
"""An answer, in the pieces in which it is sent. It may be endless: it ends when the client leaves."""


class HostileServer:
    """Serves one answer to every request, on a free loopback port; a context manager.

    Parameters
    ----------
    tls
        With its certificate; None for plain HTTP.

    Attributes
    ----------
    answer
        What it answers.
    requests
        The heads of the requests so far.
    sent_bytes
        How much it has sent.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._is_over = threading.Event()
        self.answer: Pieces = list
        self.requests: list[bytes] = []
        self.sent_bytes = 0

    @property
    def port(self) -> int:
        """Return where it serves."""
        return int(self._listening.getsockname()[1])

    @property
    def url(self) -> str:
        """Return its base URL."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def pause(self, seconds: float) -> None:
        """Wait between two pieces, but no longer than this server serves."""
        self._is_over.wait(seconds)

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; every thread has ended afterwards."""
        self._is_over.set()
        self._listening.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._listening.close()
        for thread in self._threads:
            thread.join()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                connection.settimeout(10)
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:  # the client has left, or does not trust us
            secured = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            with secured:
                if self._receive(secured):
                    self._send(secured)

    def _receive(self, connection: socket.socket) -> bool:
        """Read a request with its body; return whether there was one."""
        head = b""
        while b"\r\n\r\n" not in head:
            received = connection.recv(65536)
            if not received:
                return False
            head += received
        head, _, body = head.partition(b"\r\n\r\n")
        self.requests.append(head)
        lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        missing = int(lengths[0]) - len(body) if lengths else 0
        while missing > 0:
            missing -= len(connection.recv(65536))
        return True

    def _send(self, connection: socket.socket) -> None:
        for piece in self.answer():
            if self._is_over.is_set():
                return
            connection.sendall(piece)
            self.sent_bytes += len(piece)

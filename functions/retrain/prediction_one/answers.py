"""Limits of an answer: how long it may take in all, and how much of it is read.

A read timeout, as http.client and requests know it, begins again with each byte. A service that sends one byte from
time to time, of its headers or between two chunks, would hold the function until Lambda ends it.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_PIECE_BYTES = 64 * 1024


def first_bytes(response: requests.Response, max_bytes: int) -> bytes:
    """Return the first bytes of a streamed answer as they were sent: nothing is unpacked.

    Raises
    ------
    urllib3.exceptions.HTTPError
        The answer broke, or took too long.
    """
    body = bytearray()
    while len(body) < max_bytes:
        piece = response.raw.read(min(_PIECE_BYTES, max_bytes - len(body)), decode_content=False)
        if not piece:
            break
        body += piece
    return bytes(body)


class _InTime(io.RawIOBase):
    """The bytes that a socket receives, until the answer's time is over."""

    def __init__(self, raw: io.RawIOBase, connected: socket.socket, seconds: float | None) -> None:
        self._raw = raw
        self._connected = connected
        self._read_seconds = connected.gettimeout()
        total_seconds = seconds or self._read_seconds
        self._ends_at = time.monotonic() + total_seconds if total_seconds else None

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Receive bytes; raise a timeout, as the socket does, when the time is over."""
        if self._ends_at is not None:
            seconds_left = self._ends_at - time.monotonic()
            if seconds_left <= 0:
                raise TimeoutError("The answer took too long.")
            self._connected.settimeout(min(self._read_seconds or seconds_left, seconds_left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Leave the socket as it was: the connection may be used again."""
        if not self.closed:
            self._connected.settimeout(self._read_seconds)
            self._raw.close()
        super().close()


class _TimedAnswer(http.client.HTTPResponse):
    def __init__(self, connected: socket.socket, *args: Any, seconds: float | None, **kwargs: Any) -> None:
        super().__init__(connected, *args, **kwargs)
        self.fp = io.BufferedReader(_InTime(self.fp.detach(), connected, seconds))


class _Timed:
    """Makes a connection read each answer within `answer_seconds`."""

    response_class: Any

    def __init__(self, *args: Any, answer_seconds: float | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.response_class = partial(_TimedAnswer, seconds=answer_seconds)  # http.client's hook


class _TimedConnection(_Timed, HTTPConnection):
    pass


class TimedHttpsConnection(_Timed, HTTPSConnection):
    """A connection over TLS whose answers have a limit of time."""


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TimedHttpsPool(HTTPSConnectionPool):
    ConnectionCls = TimedHttpsConnection


class TimedAdapter(HTTPAdapter):
    """Connects as `pools` say, and reads each answer within a limit of time.

    Parameters
    ----------
    answer_seconds
        How long an answer may take in all, from the end of the request to its last byte. None: as long as a request's
        read timeout, which is otherwise the longest pause within the answer.
    """

    pools: ClassVar[Mapping[str, Any]] = {"http": _TimedPool, "https": _TimedHttpsPool}

    def __init__(self, answer_seconds: float | None = None, **kwargs: Any) -> None:
        self._answer_seconds = answer_seconds
        super().__init__(**kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Have urllib3 use these connections (its guide, "Customizing pool manager", `pool_classes_by_scheme`)."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            scheme: partial(pool, answer_seconds=self._answer_seconds) for scheme, pool in self.pools.items()
        }

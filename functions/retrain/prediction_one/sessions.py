"""HTTP sessions for the API and the upload: what is repeated, how long, and how a connection is closed."""

from __future__ import annotations

import socket
import struct
import threading
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self

import requests
from urllib3.connection import HTTPConnection
from urllib3.exceptions import InvalidHeader, ReadTimeoutError
from urllib3.util.retry import Retry

from retrain.prediction_one.answers import TimedAdapter
from retrain.prediction_one.egress import PublicAdapter

MAX_RETRY_AFTER_SECONDS = 20
"""The longest wait between two tries of a call. If the service asks for more, the queue waits instead."""

_RESET_ON_CLOSE = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
"""Closing sends a TCP reset and discards what the kernel has not sent yet (socket(7), SO_LINGER with time 0)."""


class _RetryUnlessHanging(Retry):
    """Repeats no call that got no answer in time: a service that hangs would hold the function for minutes."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        """Return the retries that are left; raise a timeout instead of counting it."""
        if isinstance(error, ReadTimeoutError):
            raise error
        left = super().increment(method, url, response, error, _pool, _stacktrace)
        if response is not None:
            response.close()  # otherwise urllib3 reads all of it, however much, to use its connection again
        return left


class _Resetting:
    """Makes an adapter reset its connections when it closes them."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Add the socket option to urllib3's own."""
        options = [*HTTPConnection.default_socket_options, _RESET_ON_CLOSE]
        super().init_poolmanager(*args, **kwargs, socket_options=options)  # type: ignore[misc]  # the adapter's


class _ResettingAdapter(_Resetting, TimedAdapter):
    pass


class _PublicResettingAdapter(_Resetting, PublicAdapter):
    pass


class SessionOfThread(threading.local):
    """A session for each thread, as requests does not document sessions as thread-safe.

    Parameters
    ----------
    repetitions
        As `api_session`'s.

    Attributes
    ----------
    session
        The thread's own.
    """

    def __init__(self, repetitions: int) -> None:
        self.session = api_session(repetitions)


def api_session(repetitions: int) -> requests.Session:
    """Return a session that repeats a call on 429, 5xx and lost connections, with jitter, but not after a timeout."""
    retries = _RetryUnlessHanging(
        total=repetitions,
        backoff_factor=0.5,
        backoff_jitter=0.5,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=("GET", "PUT"),  # the one PUT, the switch, can be repeated
        respect_retry_after_header=True,
        retry_after_max=MAX_RETRY_AFTER_SECONDS,
        raise_on_status=False,
    )
    return _session(TimedAdapter(max_retries=retries))


def upload_session(*, local: bool) -> requests.Session:
    """Return a session for one upload. It repeats nothing, and resets its connection when it is closed.

    Otherwise the kernel could go on sending the end of an upload that was given up, and complete it later. After a
    complete answer, nothing is left to discard. Only if the service is local, it connects to any address.
    """
    return _session(_ResettingAdapter() if local else _PublicResettingAdapter())


def download_session(*, local: bool, answer_seconds: float | None = None) -> requests.Session:
    """Return a session for one download, which repeats nothing. If the service is local, it connects to any address.

    The whole download may take `answer_seconds`.
    """
    return _session(TimedAdapter(answer_seconds) if local else PublicAdapter(answer_seconds))


class _Session(requests.Session):
    """Neither follows nor reads a redirect, and keeps no cookies."""

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get_redirect_target(self, _: requests.Response) -> None:
        """Return None: for any other answer, requests reads the whole body, even of one that it does not follow."""


def _session(adapter: TimedAdapter) -> requests.Session:
    session = _Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


def retry_after_seconds(response: requests.Response) -> float | None:
    """Return how many seconds a `Retry-After` header, number or date, asks to wait; None without a valid one."""
    header = response.headers.get("Retry-After")
    try:
        return Retry().parse_retry_after(header) if header else None
    except (InvalidHeader, OverflowError, ValueError):  # dates and numbers out of range
        return None

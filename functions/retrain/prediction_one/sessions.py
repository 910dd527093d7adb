"""HTTP sessions for the API: which calls are repeated, and how long they wait for a `Retry-After` header."""

from __future__ import annotations

import threading

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util.retry import Retry

MAX_RETRY_AFTER_SECONDS = 20
"""The longest wait between two tries of a call. If the service asks for more, the queue waits instead."""


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
    """Return a session that repeats a call on 429, 5xx and lost connections, with jitter."""
    retries = Retry(
        total=repetitions,
        backoff_factor=0.5,
        backoff_jitter=0.5,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=("GET", "PUT"),  # the one PUT, the switch, can be repeated
        respect_retry_after_header=True,
        retry_after_max=MAX_RETRY_AFTER_SECONDS,
        raise_on_status=False,
    )
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=retries))
    return session


def retry_after_seconds(response: requests.Response) -> float | None:
    """Return how many seconds a `Retry-After` header, number or date, asks to wait; None without a valid one."""
    header = response.headers.get("Retry-After")
    try:
        return Retry().parse_retry_after(header) if header else None
    except (InvalidHeader, OverflowError, ValueError):  # dates and numbers out of range
        return None

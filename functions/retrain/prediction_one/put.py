"""The upload's PUT: with an exact length, from an iterator of bytes, in constant memory."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import requests
from urllib3.exceptions import HTTPError

from retrain.deadline import Deadline
from retrain.errors import (
    NoTimeLeftError,
    UploadError,
    UploadInterruptedError,
    UploadOutcomeUnknownError,
    UploadRefusedError,
    UploadUrlExpiredError,
)
from retrain.prediction_one.answers import first_bytes
from retrain.prediction_one.egress import NotPublicError
from retrain.prediction_one.sessions import retry_after_seconds
from retrain.telemetry import logger

TIMEOUT_SECONDS = (30, 45)
"""(connect, and send of each chunk; the whole answer after the last byte)."""

CLOSING_SECONDS = 10
"""Reserved before the deadline to record the outcome; while bytes are sent, the answer's time is reserved, too."""

REPORT_SECONDS = 10
REPORT_SHARE = 0.1
"""A long upload logs its progress every 10 seconds or every 10 %, whichever is sooner, at most once a second."""

_MAX_REASON_BYTES = 16 * 1024
"""How much of a refusal is read for its error code. S3's are below 1 KiB."""

_ERROR_CODE = re.compile(r"<Code>(\w{1,64})</Code>")


@dataclass
class UploadProgress:
    """The progress of an upload: how far, how fast, and whether it will end in time.

    Attributes
    ----------
    size_bytes
        The size to send.
    deadline
        When this invocation ends.
    sent_bytes
        How much was passed to the connection.
    """

    size_bytes: int
    deadline: Deadline
    sent_bytes: int = 0
    _started_at: float = field(default_factory=time.monotonic)
    _reported_at: float = field(default_factory=time.monotonic)
    _reported_bytes: int = 0

    @property
    def complete(self) -> bool:
        """Return whether the last byte was passed to the connection."""
        return self.sent_bytes >= self.size_bytes

    @property
    def seconds(self) -> float:
        """Return the seconds since the upload started."""
        return time.monotonic() - self._started_at

    def check(self) -> None:
        """Log progress when it is due, and stop an upload that cannot end in time.

        Raises
        ------
        NoTimeLeftError
            At the measured speed the upload would end after the deadline.
        """
        since_report = time.monotonic() - self._reported_at
        share = (self.sent_bytes - self._reported_bytes) / self.size_bytes
        if since_report >= REPORT_SECONDS or (since_report >= 1 and share >= REPORT_SHARE):
            self._report()
            self._stop_if_too_slow()

    def _report(self) -> None:
        self._reported_at, self._reported_bytes = time.monotonic(), self.sent_bytes
        logger.info(
            "Uploading",
            sent_bytes=self.sent_bytes,
            percent=round(100 * self.sent_bytes / self.size_bytes),
            mib_per_second=round(self.sent_bytes / self.seconds / 1024**2, 1),
        )

    def _stop_if_too_slow(self) -> None:
        seconds_to_go = self.seconds * (self.size_bytes - self.sent_bytes) / self.sent_bytes
        if seconds_to_go > self.deadline.seconds_left() - TIMEOUT_SECONDS[1] - CLOSING_SECONDS:
            raise NoTimeLeftError(
                f"There is too little time to send {self.size_bytes:,} bytes: {self.sent_bytes:,} were sent in "
                f"{self.seconds:.0f} s, the rest needs {seconds_to_go:.0f} s, and {self.deadline.seconds_left():.0f} s "
                "are left. If this continues, land fewer rows."
            )


class UploadBody:
    """A request body that `requests` sends with a Content-Length, without reading it whole.

    It has a length and no `read`, so `requests` neither sends it chunked, which presigned URLs refuse, nor cuts it into
    blocks of 16 KiB.

    Parameters
    ----------
    chunks
        The bytes to send, `progress.size_bytes` of them.
    progress
        Counts every chunk.
    """

    def __init__(self, chunks: Iterator[bytes], progress: UploadProgress) -> None:
        self._chunks = chunks
        self._progress = progress

    def __len__(self) -> int:
        """Return the size in bytes."""
        return self._progress.size_bytes

    def __iter__(self) -> Iterator[bytes]:
        """Yield the chunks. Each is counted before it is sent, so a count below the size proves an unsent byte."""
        for chunk in self._chunks:
            self._progress.sent_bytes += len(chunk)
            yield chunk
            if not self._progress.complete:
                self._progress.check()


def put_content(session: requests.Session, upload_url: str, chunks: Iterator[bytes], progress: UploadProgress) -> None:
    """PUT the bytes to the upload URL once, with an `upload_session`. After it, no byte is under way any more.

    Raises
    ------
    UploadUrlExpiredError, UploadRefusedError, UploadInterruptedError
        Nothing was stored: the store said so, or the connection broke before the last byte. A PUT shorter than its
        Content-Length stores nothing (Amazon S3 API reference, PutObject).
    UploadOutcomeUnknownError
        The last byte was sent, and no final answer came.
    NoTimeLeftError, ObjectSupersededError, LandedObjectUnreadableError
        From `progress` and `chunks`; nothing was stored.
    """
    if progress.deadline.seconds_left() < CLOSING_SECONDS:
        raise NoTimeLeftError("There is too little time left in this invocation to start an upload.")
    try:
        with session.put(
            upload_url,
            data=UploadBody(chunks, progress),
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            stream=True,  # the body of an answer is read only for a reason, and not all of it
        ) as response:
            if not requests.codes.ok <= response.status_code < requests.codes.multiple_choices:
                raise _refused(response, progress)
    except NotPublicError as exc:
        raise UploadRefusedError(f"We do not follow the upload URL that the service sent: {exc}.") from None
    except (requests.RequestException, ValueError) as exc:  # ValueError: a URL that is none
        # Not "from exc": the exception's text quotes the URL, which is a secret.
        raise _broken(progress, type(exc).__name__) from None
    if not progress.complete:  # urllib3 ignores a break while it sends, if there is an answer
        raise _broken(progress, f"early HTTP {response.status_code}")


def _broken(progress: UploadProgress, cause: str) -> UploadError:
    so_far = f"{progress.sent_bytes:,} of {progress.size_bytes:,} bytes"
    if progress.complete:
        return UploadOutcomeUnknownError(
            f"The connection broke after the last byte ({cause}), so the file may have arrived. A comparison with a "
            "new job will show whether it did."
        )
    return UploadInterruptedError(f"The connection broke after {so_far} ({cause}), so nothing was stored.")


def _refused(response: requests.Response, progress: UploadProgress) -> UploadError:
    status = response.status_code
    text = ""
    with suppress(HTTPError):  # the status says enough
        text = first_bytes(response, _MAX_REASON_BYTES).decode(errors="replace")
    code = _ERROR_CODE.search(text)
    reason = f"HTTP {status}" + (f" {code[1]}" if code else "")
    if status >= requests.codes.internal_server_error and status != requests.codes.unavailable and progress.complete:
        return UploadOutcomeUnknownError(
            f"The store answered {reason} after the last byte, so the file may have arrived. A comparison with a new "
            "job will show whether it did."
        )
    if "Request has expired" in text or "ExpiredToken" in reason:
        return UploadUrlExpiredError(f"The upload URL had expired ({reason}).")
    return UploadRefusedError(
        f"The store refused the file ({reason}).", retry_after_seconds=retry_after_seconds(response)
    )

"""The upload's body and its progress: an exact length, nothing read ahead, and a stop when time runs short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import requests

from retrain import deadline
from retrain.deadline import Deadline
from retrain.errors import NoTimeLeftError
from retrain.prediction_one import put
from retrain.prediction_one.api import IssuedApiKey, RetrainStatus, UploadTarget
from retrain.prediction_one.put import CLOSING_SECONDS, TIMEOUT_SECONDS, UploadBody, UploadProgress

MIB = 1024 * 1024


@dataclass
class Clock:
    """A clock that only a test moves on."""

    now: float = 1000.0

    def read(self) -> float:
        """Return the seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give the clock that the put and the deadline go by."""
    clock = Clock()
    for module in (put, deadline):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=clock.read, monotonic=clock.read))
    return clock


def _progress(size_bytes: int, clock: Clock, seconds_left: float = 900) -> UploadProgress:
    end = Deadline(clock.now + seconds_left)
    return UploadProgress(size_bytes, end, _started_at=clock.now, _reported_at=clock.now)


def _send(progress: UploadProgress, clock: Clock, seconds_per_mib: float) -> None:
    """Take the body chunk by chunk, as a connection of that speed does."""
    chunks = (bytes(MIB) for _ in range(progress.size_bytes // MIB))
    for _ in UploadBody(chunks, progress):
        clock.now += seconds_per_mib


def test_requests_sends_the_body_with_its_length(clock: Clock) -> None:
    """Never chunked, which presigned URLs refuse, and with no header that a signature may not cover."""
    body = UploadBody(iter([b"abc", b"de"]), _progress(5, clock))

    prepared = requests.Request("PUT", "http://127.0.0.1/", data=body).prepare()

    assert prepared.headers == {"Content-Length": "5"}
    assert not hasattr(body, "read")


def test_bytes_are_counted_before_they_are_sent(clock: Clock) -> None:
    """A count short of the size proves an unsent byte, so it must never lag behind."""
    progress = _progress(5, clock)
    chunks = iter(UploadBody(iter([b"abc", b"de"]), progress))

    seen = [(chunk, progress.sent_bytes, progress.complete) for chunk in chunks]

    assert seen == [(b"abc", 3, False), (b"de", 5, True)]


def test_nothing_is_read_ahead(clock: Clock) -> None:
    """One chunk is in memory at a time: the next is read when it is asked for."""
    read: list[int] = []

    def chunks() -> Iterator[bytes]:
        for number in range(3):
            read.append(number)
            yield b"x"

    body = iter(UploadBody(chunks(), _progress(3, clock)))
    next(body)

    assert read == [0]


def test_upload_that_cannot_end_in_time_is_stopped(clock: Clock) -> None:
    """At 5 s a MiB, 20 MiB take 100 s, of which 60 s are there: it stops at its first report."""
    progress = _progress(20 * MIB, clock, seconds_left=60)

    with pytest.raises(NoTimeLeftError) as stop:
        _send(progress, clock, seconds_per_mib=5)

    assert progress.sent_bytes == 2 * MIB
    assert (stop.value.nothing_stored, stop.value.retry_is_safe) == (True, True)


def test_upload_that_just_ends_in_time_is_not_stopped(clock: Clock) -> None:
    """4 MiB at 10 s each, and the seconds for the answer and the jobs table: not one more is needed."""
    progress = _progress(4 * MIB, clock, seconds_left=4 * 10 + TIMEOUT_SECONDS[1] + CLOSING_SECONDS)

    _send(progress, clock, seconds_per_mib=10)

    assert progress.complete


def test_time_to_record_the_outcome_is_kept_free(clock: Clock) -> None:
    """An upload that would end just before the function is killed leaves no time for the jobs table."""
    progress = _progress(4 * MIB, clock, seconds_left=4 * 10 + TIMEOUT_SECONDS[1] + CLOSING_SECONDS - 1)

    with pytest.raises(NoTimeLeftError):
        _send(progress, clock, seconds_per_mib=10)


def test_slow_last_chunk_is_not_stopped(clock: Clock) -> None:
    """Once the last byte is handed over, stopping would only make the outcome unknown."""
    progress = _progress(MIB, clock, seconds_left=60)

    _send(progress, clock, seconds_per_mib=100)

    assert progress.complete


@pytest.mark.parametrize(
    "secret",
    [
        UploadTarget("job", "https://store/?X-Amz-Signature=5ec4e7"),
        RetrainStatus("job_finished", None, 5, "https://store/?X-Amz-Signature=5ec4e7"),
        IssuedApiKey("5ec4e7", "2026-12-23"),
    ],
    ids=lambda secret: type(secret).__name__,
)
def test_secrets_are_not_shown(secret: object) -> None:
    """A log line or an assertion that prints the value gives nothing away."""
    assert "5ec4e7" not in repr(secret)

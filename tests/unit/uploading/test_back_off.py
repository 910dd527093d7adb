"""When a message that failed comes again, and how long an invocation has left."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from retrain.deadline import Deadline
from retrain.errors import ServiceUnavailableError
from retrain.uploading.upload_queue import MAX_RETRY_AFTER_SECONDS, delay_seconds


@pytest.mark.parametrize(
    ("receive_count", "expected"),
    [(1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (6, 900), (7, 900), (60, 900), (10_000, 900)],
)
def test_delay_doubles_up_to_a_quarter_of_an_hour(receive_count: int, expected: int) -> None:
    """30 s after the first receive; some 60 receives make about 14 hours."""
    assert delay_seconds(receive_count, ServiceUnavailableError("down")) == expected


@pytest.mark.parametrize(
    ("asked_for", "expected"),
    [
        (0, 60),
        (59.9, 60),
        (61, 61),
        (3600, 3600),
        (MAX_RETRY_AFTER_SECONDS + 1, MAX_RETRY_AFTER_SECONDS),
        (1e12, MAX_RETRY_AFTER_SECONDS),
    ],
)
def test_longer_wait_is_granted_to_who_asks_for_it(asked_for: float, expected: int) -> None:
    """Retry-After stands over our own back-off, up to an hour."""
    error = ServiceUnavailableError("busy", retry_after_seconds=asked_for)

    assert delay_seconds(2, error) == expected


def test_longest_waits_end_before_the_queue_forgets_the_message() -> None:
    """60 receives at the longest wait stay well within the queue's retention of 14 days."""
    assert 60 * (MAX_RETRY_AFTER_SECONDS + 900) < 14 * 86400


@pytest.mark.parametrize(("passed_seconds", "left_seconds"), [(0, 1.5), (1, 0.5), (2, -0.5)])
def test_deadline_comes_nearer(monkeypatch: pytest.MonkeyPatch, passed_seconds: float, left_seconds: float) -> None:
    """What is left gets less, and negative afterwards."""
    monkeypatch.setattr("retrain.deadline.time", SimpleNamespace(time=lambda: 1000.0))
    end = Deadline.of(cast("LambdaContext", SimpleNamespace(get_remaining_time_in_millis=lambda: 1500)))

    monkeypatch.setattr("retrain.deadline.time", SimpleNamespace(time=lambda: 1000.0 + passed_seconds))

    assert end == Deadline(1001.5)
    assert end.seconds_left() == pytest.approx(left_seconds)

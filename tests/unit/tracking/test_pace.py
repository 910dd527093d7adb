"""How often a job is looked at: every run at first, ever less as it ages, hourly at last."""

from __future__ import annotations

import pytest

from retrain.ledger.retrain_job import RetrainJob
from retrain.tracking.pace import LONGEST_PAUSE_SECONDS, Pace

MINUTE, HOUR = 60, 3600
UPLOADED_AT = 1_795_000_000.0
JOB = RetrainJob("s3://b/m/a.csv", "v1", "m", "job-1", "TRAINING", "", "2026-11-18T11:06:40.000Z", 1_795_000_000)


@pytest.mark.parametrize(
    ("interval_minutes", "age_seconds", "pause_seconds"),
    [
        (5, 0, 240),
        (5, 48 * MINUTE, 240),
        (5, HOUR, 300),
        (5, 6 * HOUR, 1800),
        (5, 12 * HOUR, 3600),
        (5, 90 * HOUR, 3600),
        (1, 0, 48),
        (1, HOUR, 300),
        (60, 0, 2880),
        (60, 90 * HOUR, 3600),
    ],
)
def test_pause_grows_with_the_age(interval_minutes: int, age_seconds: int, pause_seconds: float) -> None:
    """A twelfth of it, but not less than the time to the next run, nor more than an hour."""
    pace = Pace(interval_minutes, max_training_hours=48)

    assert pace.pause_seconds(JOB, UPLOADED_AT + age_seconds) == pytest.approx(pause_seconds)
    assert pace.pause_seconds(JOB, UPLOADED_AT + age_seconds) <= LONGEST_PAUSE_SECONDS


@pytest.mark.parametrize(("asked_for", "pause_seconds"), [(10, 240), (1000, 1000), (10**9, 3600)])
def test_service_may_ask_for_a_longer_pause(asked_for: float, pause_seconds: float) -> None:
    """Up to an hour: no job is forgotten for a strange header."""
    assert Pace(5, 48).pause_seconds(JOB, UPLOADED_AT, asked_for) == pytest.approx(pause_seconds)


@pytest.mark.parametrize("interval_minutes", [1, 5, 60])
def test_next_run_finds_every_job_of_this_one_due(interval_minutes: int) -> None:
    """However late in its interval a job was checked, also if the next run fires a little early, in the same order."""
    interval = interval_minutes * MINUTE
    checked_at = [UPLOADED_AT + share * interval for share in (0, 0.3, 0.6, 1)]

    due_at = [Pace(interval_minutes, 48).next_check_at(JOB, UPLOADED_AT, now) for now in checked_at]

    assert due_at == sorted(due_at)
    assert len({int(moment) for moment in due_at}) == len(due_at)
    assert due_at[-1] <= UPLOADED_AT + 0.9 * interval


def test_pause_that_the_service_asks_for_begins_with_its_answer() -> None:
    """Not with the run, which may have begun minutes before."""
    now = UPLOADED_AT + 200

    assert Pace(5, 48).next_check_at(JOB, UPLOADED_AT, now, asked_for=1000) == now + 1000


@pytest.mark.parametrize(("hours", "overdue"), [(47.9, False), (48, False), (48.1, True)])
def test_job_is_overdue_after_its_hours(hours: float, *, overdue: bool) -> None:
    """And not before."""
    assert Pace(5, 48).is_overdue(JOB, UPLOADED_AT + hours * HOUR) is overdue


@pytest.mark.parametrize(("max_training_hours", "told"), [(48.0, "more than 48 hours"), (1.5, "more than 1.5 hours")])
def test_reason_of_an_overdue_job_tells_the_hours(max_training_hours: float, told: str) -> None:
    """As they are in the parameter, and where to look."""
    why = Pace(5, max_training_hours).why_stalled(JOB)

    assert why["error_code"] == "STALLED"
    assert told in why["error_message"]
    assert "Look at the model m in Prediction One" in why["error_message"]

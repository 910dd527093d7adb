"""How often a job in training is checked: at every run at first, less often as it ages, at least hourly."""

from __future__ import annotations

from dataclasses import dataclass

from retrain.ledger.retrain_job import RetrainJob
from retrain.ledger.status import STALLED_CODE

LONGEST_PAUSE_SECONDS = 3600

_SHARE_OF_AGE = 12
"""A job that has trained for T is checked again after T/12, so its end is noticed at most a twelfth late."""

_SLACK = 0.8
"""Schedules do not fire to the second: a job must not miss the next run by one."""

_SHARE_OF_RUN = 0.1
"""A job is due relative to the start of the run that checked it, however late in the run that was, so that the next run
finds it due. A tenth of the time since the start is added: the jobs are then due in the order in which they were
checked, and each is checked about as late in the next run."""


@dataclass(frozen=True)
class Pace:
    """The pace of the checks.

    Attributes
    ----------
    interval_minutes
        How often the track function runs.
    max_training_hours
        After how long a job counts as stalled.
    """

    interval_minutes: int
    max_training_hours: float

    def pause_seconds(self, job: RetrainJob, now: float, asked_for: float = 0) -> float:
        """Return after how many seconds a job is due again; `asked_for` is the pause that the service asked for."""
        by_age = max(self.interval_minutes * 60 * _SLACK, job.age_seconds(now) / _SHARE_OF_AGE)
        return min(max(by_age, asked_for), LONGEST_PAUSE_SECONDS)

    def next_check_at(self, job: RetrainJob, run_started_at: float, now: float, asked_for: float = 0) -> float:
        """Return when a job is due again that a run has checked; all moments in epoch seconds."""
        if asked_for:
            return now + self.pause_seconds(job, now, asked_for)
        return run_started_at + _SHARE_OF_RUN * (now - run_started_at) + self.pause_seconds(job, now)

    def is_overdue(self, job: RetrainJob, now: float) -> bool:
        """Return whether a job has trained for longer than `max_training_hours`."""
        return job.age_seconds(now) > self.max_training_hours * 3600

    def why_stalled(self, job: RetrainJob) -> dict[str, str]:
        """Return the reason that an overdue job's item gets."""
        return {
            "error_code": STALLED_CODE,
            "error_message": (
                f"Prediction One has been retraining for more than {self.max_training_hours:g} hours "
                f"(MaxTrainingHours), since {job.uploaded_at}. Look at the model {job.model} in Prediction One. If the "
                "job is lost there, land the file again. Otherwise it is checked every hour and can still finish."
            ),
        }

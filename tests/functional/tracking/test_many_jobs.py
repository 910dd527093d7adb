"""Two hundred open jobs over twenty models, with a tenth of the status checks failing: all end right, at their pace."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from local.prediction_one import Fault
from retrain.deadline import Deadline
from retrain.ledger.open_jobs import OpenJobs
from retrain.ledger.retrain_job import RetrainJob
from retrain.settings import TrackSettings
from retrain.tracking.checks import track
from retrain.tracking.pace import Pace
from retrain.tracking.run import Run
from retrain.tracking.wiring import track_dependencies
from tests.functional.conftest import SECRET_PREFIX
from tests.functional.tracking.conftest import Tracking

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

MODELS, JOBS_OF_EACH = 20, 5
SECONDS_BETWEEN_RUNS = 100
RUNS = 36
"""An hour."""


@pytest.fixture
def jobs(tracking: Tracking, secrets: SecretsManagerClient, model: str) -> list[RetrainJob]:
    """Begin all of them, and arm the faults."""
    keys = {f"{model}-{number}": tracking.prediction_one.issue_key(f"{model}-{number}") for number in range(MODELS)}
    for name, key in keys.items():
        secrets.create_secret(Name=f"{SECRET_PREFIX}/{name}", SecretString=key)

    def begin(name: str, number: int) -> RetrainJob:
        return tracking.begin(name, key=keys[name], age_seconds=number % 5 * 1800)

    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(begin, [*keys] * JOBS_OF_EACH, range(MODELS * JOBS_OF_EACH)))
    tracking.prediction_one.add_fault(Fault("status", "status", times=None, probability=0.04, status=503))
    tracking.prediction_one.add_fault(Fault("status", "status", times=None, probability=0.03, status=429, seed=1))
    tracking.prediction_one.add_fault(Fault("status", "garbage", times=None, probability=0.03, seed=2))
    return begun


@pytest.mark.usefixtures("pauses")
def test_all_end_right_and_none_is_checked_too_often(tracking: Tracking, jobs: list[RetrainJob]) -> None:
    """Run after run, more often than any job's pace; some finish in between, some are deleted, as chance has it."""
    chance, begun_at = random.Random(7), time.time()  # noqa: S311 - repeatable
    ends = {job: chance.randrange(RUNS // 3) for job in jobs}
    deleted = set(chance.sample(jobs, 10))
    checked_at: defaultdict[RetrainJob, list[float]] = defaultdict(list)

    for number in range(RUNS):
        _end(tracking, [job for job in jobs if ends[job] == number], deleted)
        now = begun_at + 1 + number * SECONDS_BETWEEN_RUNS
        for job in _run(tracking, jobs, now):
            checked_at[job].append(now)

    statuses = {job: tracking.item(job)["status"] for job in jobs}
    assert statuses == {job: "FAILED" if job in deleted else "FINISHED" for job in jobs}
    pace = Pace(interval_minutes=5, max_training_hours=48)
    pauses = [(job, now, later) for job, moments in checked_at.items() for now, later in pairwise(moments)]
    assert [later - now for job, now, later in pauses if later - now < int(pace.pause_seconds(job, now))] == []
    assert len({later - now for _, now, later in pauses}) > 1  # younger and older ones
    assert len(tracking.prediction_one.find_requests("download")) == len(jobs) - len(deleted)


def _run(tracking: Tracking, jobs: list[RetrainJob], now: float) -> list[RetrainJob]:
    """Have the tracker run at a moment that has not come yet; return the jobs whose status it asked for."""
    before = len(tracking.prediction_one.find_requests("status"))
    settings = TrackSettings.from_environment()
    services = replace(track_dependencies(settings), open_jobs=OpenJobs(tracking.jobs, clock=lambda: now))
    tally = track(Run(services, f"run at {now}", Deadline(time.time() + 900), now, clock=lambda: now))
    assert tally["ChecksLeft"] == 0  # the invocation's time was enough for all
    asked = {request.retrain_job_id for request in tracking.prediction_one.find_requests("status")[before:]}
    return [job for job in jobs if job.retrain_job_id in asked]


def _end(tracking: Tracking, jobs: list[RetrainJob], deleted: set[RetrainJob]) -> None:
    for job in jobs:
        if job in deleted:
            tracking.prediction_one.delete_job(job.retrain_job_id)
        else:
            tracking.finish(job)

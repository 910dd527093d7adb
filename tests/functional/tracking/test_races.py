"""Two runs at once, a run that ends, a person who decides meanwhile: each job is checked once and nothing is undone."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.prediction_one import Fault
from local.processes import wait_for
from retrain.deadline import Deadline
from retrain.errors import ServiceUnavailableError
from retrain.ledger.open_jobs import OpenJobs
from retrain.ledger.retrain_job import RetrainJob
from retrain.settings import TrackSettings
from retrain.telemetry import metrics
from retrain.tracking.checks import track
from retrain.tracking.run import Run
from retrain.tracking.wiring import track_dependencies
from tests.functional.conftest import ON_BOTH_DYNAMODBS
from tests.functional.tracking.conftest import Tracking

LATER_WRITES: dict[str, Callable[[OpenJobs, RetrainJob], bool]] = {
    "check_later": lambda jobs, job: jobs.check_later(job, time.time() + 300, {"status": "STALLED"}),
    "finish": lambda jobs, job: jobs.finish(job, {"result_uri": "s3://results/x"}, stays_open=False),
    "fail": lambda jobs, job: jobs.fail(job, ServiceUnavailableError("gone")),
    "leave": lambda jobs, job: jobs.leave(job, ServiceUnavailableError("newer")),
}


@ON_BOTH_DYNAMODBS
def test_two_runs_at_once_check_each_job_once(tracking: Tracking, model: str, model_secret: str) -> None:
    """Whoever takes a job first has it to itself."""
    assert model_secret
    jobs = [tracking.begin(model) for _ in range(12)]
    tracking.finish(*jobs)

    services = track_dependencies(TrackSettings.from_environment())
    runs = [Run(services, f"run {number}", Deadline(time.time() + 900), time.time()) for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(track, runs))
    metrics.clear_metrics()  # one process never has two invocations at once: only this test mixes what they count

    assert [tracking.requests_for(job, "status") for job in jobs] == [1] * 12
    assert [tracking.requests_for(job, "download") for job in jobs] == [1] * 12
    assert {tracking.item(job)["status"] for job in jobs} == {"FINISHED"}


@ON_BOTH_DYNAMODBS
def test_job_that_was_seen_before_it_was_taken_is_not_taken_again(tracking: Tracking, job: RetrainJob) -> None:
    """The index may still show it as due, to this run or to the next."""
    open_jobs = OpenJobs(tracking.jobs)

    first = open_jobs.take(job, time.time() + 900)
    second = open_jobs.take(job, time.time() + 800)

    assert first
    assert second is None
    assert tracking.item(job)["next_check_at"] == first.next_check_at


@ON_BOTH_DYNAMODBS
@pytest.mark.parametrize("write", LATER_WRITES)
def test_run_that_lost_a_job_writes_nothing_more(tracking: Tracking, job: RetrainJob, write: str) -> None:
    """Its lease had ended, and another run holds the job."""
    open_jobs = OpenJobs(tracking.jobs)
    late = open_jobs.take(job, time.time() - 10)
    assert late
    assert open_jobs.take(late, time.time() + 900)
    others = tracking.item(job)

    assert not LATER_WRITES[write](open_jobs, late)

    assert tracking.item(job) == others


@ON_BOTH_DYNAMODBS
@pytest.mark.parametrize("write", LATER_WRITES)
def test_job_that_a_person_closed_meanwhile_stays_closed(tracking: Tracking, job: RetrainJob, write: str) -> None:
    """In the console, say, while the service was being asked."""
    open_jobs = OpenJobs(tracking.jobs)
    taken = open_jobs.take(job, time.time() + 900)
    assert taken
    tracking.change(job, status="FAILED")
    closed = tracking.item(job)

    assert not LATER_WRITES[write](open_jobs, taken)

    assert tracking.item(job) == closed


@ON_BOTH_DYNAMODBS
def test_dead_run_is_taken_over_when_its_lease_has_ended(tracking: Tracking, job: RetrainJob) -> None:
    """Not before: until then it may still be downloading."""
    OpenJobs(tracking.jobs).take(job, time.time() + 900)
    tracking.finish(job)

    before = tracking.run()
    tracking.make_due(job)
    after = tracking.run()

    assert (before, after) == ({}, {"StatusChecks": 1, "JobsFinished": 1})


def test_nothing_is_begun_when_time_is_short(tracking: Tracking, job: RetrainJob) -> None:
    """The job stays due for the next run."""
    early = tracking.run(remaining_seconds=100)

    assert early == {"ChecksLeft": 1}
    assert tracking.run() == {"StatusChecks": 1}
    assert tracking.requests_for(job, "status") == 1


def test_item_that_makes_no_sense_stops_nobody_else(tracking: Tracking, model: str, model_secret: str) -> None:
    """It shows as an error of the function, when the others have been dealt with."""
    assert model_secret
    odd, *others = [tracking.begin(model) for _ in range(6)]
    tracking.change(odd, uploaded_at="yesterday")
    tracking.finish(*others)

    with pytest.raises(ExceptionGroup) as raised:
        tracking.run()

    assert [type(defect) for defect in raised.value.exceptions] == [ValueError]
    assert {tracking.item(job)["status"] for job in others} == {"FINISHED"}


def test_trouble_of_one_job_does_not_delay_the_others(tracking: Tracking, model: str, model_secret: str) -> None:
    """A download that hangs holds up one of several workers, not the run."""
    assert model_secret
    jobs = [tracking.begin(model) for _ in range(8)]
    tracking.finish(*jobs)
    tracking.prediction_one.add_fault(Fault("download", "slow", delay_seconds=6))

    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(tracking.run)
        wait_for("the other seven", lambda: [tracking.item(job)["status"] for job in jobs].count("FINISHED") == 7)
        others_waited = run.done()
        run.result()

    assert not others_waited
    assert {tracking.item(job)["status"] for job in jobs} == {"FINISHED"}


def test_log_lines_of_jobs_do_not_mix(
    tracking: Tracking, model: str, model_secret: str, stdout: Callable[[], list[dict[str, Any]]]
) -> None:
    """Several threads log at once: each line names its own job."""
    assert model_secret
    jobs = [tracking.begin(model) for _ in range(16)]
    for job in jobs:
        tracking.prediction_one.report_status(job.retrain_job_id, f"status of {job.retrain_job_id}")

    tracking.run()

    lines = [line for line in stdout() if line.get("message") == "Still in training"]
    assert {line["retrain_job_id"] for line in lines} == {job.retrain_job_id for job in jobs}
    assert all(line["service_status"] == f"status of {line['retrain_job_id']}" for line in lines)

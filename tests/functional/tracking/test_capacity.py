"""More jobs than one page, one run or one moment has room for: all are checked in the end, and nothing accumulates."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from retrain.deadline import Deadline
from retrain.errors import NoTimeLeftError, TableUnavailableError
from retrain.ledger.open_jobs import OpenJobs
from retrain.ledger.retrain_job import RetrainJob
from retrain.settings import TrackSettings
from retrain.telemetry import metrics
from retrain.tracking.checks import track
from retrain.tracking.parallel import DOWNLOADS_AT_A_TIME, JOBS_AT_A_TIME
from retrain.tracking.results import ResultsBucket
from retrain.tracking.run import Run
from retrain.tracking.wiring import track_dependencies
from tests.functional.tracking.conftest import BUCKET, Tracking

INTERVAL_SECONDS = 300


@pytest.fixture
def jobs(tracking: Tracking, model: str, model_secret: str) -> list[RetrainJob]:
    """Give some jobs in training that are due."""
    assert model_secret
    return [tracking.begin(model) for _ in range(DOWNLOADS_AT_A_TIME + 3)]


def run_since(started_at: float, clock: Callable[[], float] = time.time) -> Counter[str]:
    """Run the tracker, with time enough, as if the run had started at a given moment; return what it counted."""
    services = track_dependencies(TrackSettings.from_environment())
    counted = track(Run(services, "a run", Deadline(time.time() + 900), started_at, clock))
    metrics.clear_metrics()  # the handler's decorator would have sent them
    return counted


def test_jobs_beyond_one_page_are_checked_once_each(
    tracking: Tracking, jobs: list[RetrainJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although those of the pages before are no longer due when the next page is read."""
    monkeypatch.setattr("retrain.aws.dynamodb.PAGE_ITEMS", 2)

    counted = tracking.run()

    pages = [asked for operation, asked in tracking.calls if operation == "Query" and asked["IndexName"] == "open_jobs"]
    assert [page["Limit"] for page in pages] == [2] * 4
    assert counted == {"StatusChecks": len(jobs)}
    assert [tracking.requests_for(job, "status") for job in jobs] == [1] * len(jobs)


def test_next_page_is_read_when_its_jobs_can_be_taken(
    tracking: Tracking, jobs: list[RetrainJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not all pages first: however many jobs are due, one page of them is in memory."""
    monkeypatch.setattr("retrain.aws.dynamodb.PAGE_ITEMS", 2)
    monkeypatch.setattr("retrain.tracking.checks.JOBS_AT_A_TIME", 1)

    tracking.run()

    calls = [operation for operation, _ in tracking.calls if operation in ("Query", "UpdateItem")][2:]  # the oldest
    page = ["Query", *["UpdateItem"] * 4]  # each job is taken, and its check recorded
    assert calls == list(chain(*repeat(page, len(jobs) // 2), ["Query", "UpdateItem", "UpdateItem"]))


def test_run_leaves_the_rest_to_the_next_one_after_its_interval(tracking: Tracking, jobs: list[RetrainJob]) -> None:
    """They are counted, and still due: the next run starts now."""
    counted = run_since(time.time() - INTERVAL_SECONDS)

    assert counted == {"ChecksLeft": len(jobs), "JobsDue": len(jobs)}
    assert tracking.run() == {"StatusChecks": len(jobs)}


@pytest.mark.parametrize("policy", ["Automatic"])
def test_job_that_a_run_has_taken_is_completed_after_the_interval(tracking: Tracking, job: RetrainJob) -> None:
    """Download, record and switch: only taking another one is left to the next run."""
    started_at = time.time()
    moments = chain([started_at], repeat(started_at + INTERVAL_SECONDS))
    tracking.finish(job)

    counted = run_since(started_at, clock=lambda: next(moments))

    assert counted == {"StatusChecks": 1, "JobsFinished": 1, "ModelsSwitched": 1, "JobsDue": 1}
    assert tracking.item(job)["status"] == "SWITCHED"


def test_job_that_was_checked_late_in_a_run_is_due_at_the_next(tracking: Tracking, job: RetrainJob) -> None:
    """A full run comes to some jobs minutes after its start: they do not have to wait for the run after the next."""
    run_since(time.time() - 200)

    assert 0 < tracking.due_in_seconds(tracking.item(job)) < INTERVAL_SECONDS - 200


def test_checks_before_a_page_that_cannot_be_read_count(
    tracking: Tracking,
    jobs: list[RetrainJob],
    monkeypatch: pytest.MonkeyPatch,
    stdout: Callable[[], list[dict[str, Any]]],
) -> None:
    """The run fails, as it must be seen; what it did is recorded and in its metrics."""
    due = OpenJobs.due

    def fail_after_two(open_jobs: OpenJobs) -> Iterator[dict[str, Any]]:
        found = due(open_jobs)
        yield next(found)
        yield next(found)
        raise TableUnavailableError("no")

    monkeypatch.setattr(OpenJobs, "due", fail_after_two)

    with pytest.raises(TableUnavailableError):
        tracking.run()

    assert [line["StatusChecks"] for line in stdout() if "StatusChecks" in line] == [[2.0]]
    assert [tracking.requests_for(job, "status") for job in jobs].count(1) == 2


def test_few_results_are_downloaded_at_a_time(
    tracking: Tracking, jobs: list[RetrainJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many jobs are checked at a time: each download has a part of 8 MiB in memory."""
    one_too_many = Barrier(DOWNLOADS_AT_A_TIME + 1)
    download = ResultsBucket._upload  # noqa: SLF001 - the step that holds the memory

    def meet_others(bucket: ResultsBucket, *arguments: Any) -> None:
        try:
            one_too_many.wait(timeout=1)
        except BrokenBarrierError:
            download(bucket, *arguments)

    monkeypatch.setattr(ResultsBucket, "_upload", meet_others)
    tracking.finish(*jobs)

    counted = tracking.run()

    assert one_too_many.broken
    assert counted == {"StatusChecks": len(jobs), "JobsFinished": len(jobs)}
    assert all(tracking.stored(job) for job in jobs)


def test_download_that_gets_no_turn_is_left_to_a_later_check(tracking: Tracking, job: RetrainJob) -> None:
    """It is not begun when the others have taken all the time."""
    bucket = ResultsBucket(tracking.s3, BUCKET, local=True)

    with pytest.raises(NoTimeLeftError, match="Other results"):
        bucket.store(job, f"{tracking.prediction_one.base_url}/results-store", Deadline(time.time() + 59))

    assert tracking.prediction_one.requests[-1].operation == "put"  # the last that the fixture did


@pytest.mark.usefixtures("tracking")
def test_every_thread_keeps_its_connection_to_the_tables() -> None:
    """By default botocore keeps 10; every call beyond would pay for a TLS handshake."""
    services = track_dependencies(TrackSettings.from_environment())

    config = vars(services.jobs.meta.client.meta.config)

    assert config["max_pool_connections"] >= JOBS_AT_A_TIME

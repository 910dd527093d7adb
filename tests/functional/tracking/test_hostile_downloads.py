"""Whatever comes instead of results: stored as a whole, or one of our errors, before the invocation ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from retrain.deadline import Deadline
from retrain.errors import NoTimeLeftError, ResultsNotStoredError
from retrain.ledger.retrain_job import RetrainJob
from retrain.tracking.results import CLOSING_SECONDS, ResultsBucket
from tests.functional.conftest import shown_text
from tests.functional.tracking.conftest import BUCKET, Tracking
from tests.hostile.answers import DAMAGED, ENDLESS, with_body
from tests.hostile.server import HostileServer
from tests.hostile.urls import URLS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SIGNATURE = "X-Amz-Signature=5ec4e7"

BEYOND_ALL_READS = 0.3
"""How long the downloads of these tests may take. Each byte of a slow one comes in a thirtieth of it."""


@pytest.fixture
def service() -> Iterator[HostileServer]:
    """Run what the download URLs lead to."""
    with HostileServer() as running:
        yield running


@pytest.fixture
def a_job(model: str) -> RetrainJob:
    """Give a job whose results are to be stored."""
    moment = "2026-11-23T01:02:03.000Z"
    return RetrainJob("s3://landing/a.csv", "1", model, "job-1", "TRAINING", moment, moment, 1)


@pytest.fixture
def results(results_s3: S3Client) -> ResultsBucket:
    """Give the bucket, for a service that is local."""
    return ResultsBucket(results_s3, BUCKET, local=True)


def _in(seconds: float) -> Deadline:
    return Deadline(time.time() + CLOSING_SECONDS + seconds)


def _stored(s3: S3Client, job: RetrainJob) -> list[str]:
    return [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{job.model}/").get("Contents", [])]


@pytest.mark.parametrize("name", [name for name in ENDLESS if name.startswith("slow") or "100" in name])
def test_slow_download_ends_with_the_time_for_it(
    service: HostileServer, results: ResultsBucket, results_s3: S3Client, a_job: RetrainJob, name: str
) -> None:
    """Also where no byte of the file comes: before the headers, or between two chunks. The server would go on."""
    service.answer = lambda: ENDLESS[name].pieces(service)

    with pytest.raises((NoTimeLeftError, ResultsNotStoredError)) as failure:
        results.store(a_job, f"{service.url}/?{SIGNATURE}", _in(BEYOND_ALL_READS))

    assert _stored(results_s3, a_job) == []
    assert SIGNATURE not in shown_text(failure.value)


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_download_is_stored_whole_or_not_at_all(
    service: HostileServer, results: ResultsBucket, results_s3: S3Client, a_job: RetrainJob, name: str
) -> None:
    """An answer with a length, whatever it holds, is a file; of anything else, nothing is kept."""
    service.answer = lambda: DAMAGED[name].pieces(service)
    key = None

    try:
        key = results.store(a_job, f"{service.url}/?{SIGNATURE}", _in(600)).removeprefix(f"s3://{BUCKET}/")
    except ResultsNotStoredError as error:
        text = shown_text(error)
    else:
        text = ""

    assert _stored(results_s3, a_job) == ([key] if key else [])
    assert SIGNATURE not in text


@pytest.mark.parametrize("url", URLS, ids=URLS.values())
def test_url_that_leads_nowhere_stores_nothing(results_s3: S3Client, a_job: RetrainJob, url: str) -> None:
    """The text says so without the URL."""
    with pytest.raises(ResultsNotStoredError) as failure:
        ResultsBucket(results_s3, BUCKET, local=False).store(a_job, f"{url}?{SIGNATURE}", _in(600))

    assert SIGNATURE not in shown_text(failure.value)


@pytest.mark.parametrize(
    "disposition",
    ["attachment; filename*=UTF-8''a.zip; filename*0=b.zip", "attachment; filename*=idna''%ff", ";" * 60_000],
    ids=["with and without a number", "unreadable encoding", "60,000 parts"],
)
def test_name_that_python_cannot_read_is_the_usual_one(
    service: HostileServer, results: ResultsBucket, a_job: RetrainJob, disposition: str
) -> None:
    """The first one ended every run with a TypeError, and its job never got its results."""
    service.answer = lambda: [with_body("x", f"Content-Disposition: {disposition}")]

    uri = results.store(a_job, service.url, _in(600))

    assert uri == f"s3://{BUCKET}/{a_job.model}/job-1/results.zip"


def test_redirect_of_a_download_is_not_read(
    service: HostileServer, results: ResultsBucket, tracking: Tracking, a_job: RetrainJob
) -> None:
    """Its body has no end."""
    service.answer = lambda: ENDLESS["endless redirect"].pieces(service)

    with pytest.raises(ResultsNotStoredError, match="HTTP 302"):
        results.store(a_job, service.url, _in(600))

    assert tracking.stored(a_job) == {}

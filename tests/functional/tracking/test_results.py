"""The results file: streamed into the bucket, whole or not at all, under a harmless name, with no secret left."""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local.prediction_one import Fault, StandInControl
from local.processes import BackgroundProgram
from retrain.deadline import Deadline
from retrain.errors import NoTimeLeftError
from retrain.ledger.retrain_job import RetrainJob
from retrain.tracking.results import ResultsBucket
from tests.conftest import REPOSITORY
from tests.functional.tracking.conftest import BUCKET, Tracking

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="model 7 results.zip"', "model 7 results.zip"),
        ("attachment; filename*=UTF-8''%E7%B5%90%E6%9E%9C.zip", "結果.zip"),
        ('attachment; filename="../../other-model/x.zip"', "x.zip"),
        ("inline", "results.zip"),
    ],
)
def test_results_have_the_name_that_the_service_gives(
    tracking: Tracking, job: RetrainJob, disposition: str, name: str
) -> None:
    """As the Content-Disposition header says, and never outside the job's own folder."""
    tracking.prediction_one.change_settings(results_disposition=disposition)
    tracking.finish(job)

    tracking.run()

    key = f"{job.model}/{job.retrain_job_id}/{name}"
    assert list(tracking.stored(job)) == [key]
    assert tracking.item(job)["result_uri"] == f"s3://{BUCKET}/{key}"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("download", "drop", at="mid_body", after_bytes=50),
        Fault("download", "drop", at="mid_body", after_bytes=9 * MIB),
        Fault("download", "drop"),
        Fault("download", "garbage"),
        Fault("download", "status", status=403, body="<Error><Code>AccessDenied</Code></Error>"),
        Fault("download", "status", status=503),
        Fault("download", "redirect"),
    ],
    ids=["cut", "cut after the first part", "dropped", "garbage", "expired", "503", "redirect"],
)
def test_download_that_fails_is_repeated_whole(tracking: Tracking, job: RetrainJob, fault: Fault) -> None:
    """Nothing of it is kept, not even parts; the item says why, and a later check completes it."""
    tracking.prediction_one.change_settings(results_padding_bytes=20 * MIB)
    tracking.prediction_one.add_fault(fault)
    tracking.finish(job)

    tracking.run()
    broken, stored = tracking.item(job), tracking.stored(job)
    tracking.make_due(job)
    tracking.run()

    assert (broken["status"], broken["error_code"], stored) == ("TRAINING", "RESULTS_NOT_STORED", {})
    assert tracking.s3.list_multipart_uploads(Bucket=BUCKET, Prefix=f"{job.model}/").get("Uploads", []) == []
    assert tracking.item(job)["status"] == "FINISHED"
    assert [size > 20 * MIB for size in tracking.stored(job).values()] == [True]
    assert tracking.prediction_one.find_requests("elsewhere") == []


def test_bucket_that_refuses_is_no_failure_of_the_job(
    tracking: Tracking, job: RetrainJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job stays open, with S3's reason."""
    monkeypatch.setenv("RESULTS_BUCKET_NAME", "there-is-no-such-bucket")
    tracking.finish(job)

    tracking.run()

    item = tracking.item(job)
    assert (item["status"], item["error_code"]) == ("TRAINING", "RESULTS_NOT_STORED")
    assert "NoSuchBucket" in item["error_message"]


def test_results_url_that_is_missing_is_no_end(tracking: Tracking, job: RetrainJob) -> None:
    """Finished without a place to fetch the results from is documented nowhere: looked at again."""
    body = '{"status": "job_finished"}'
    tracking.prediction_one.add_fault(Fault("status", "status", status=200, body=body))

    tracking.run()

    assert (tracking.item(job)["status"], tracking.item(job)["error_code"]) == ("TRAINING", "UNEXPECTED_ANSWER")


@pytest.mark.parametrize("message", ["x" * 500_000, 10**40, {"a": [1.5]}, True])
def test_odd_values_do_not_break_the_record(tracking: Tracking, job: RetrainJob, message: Any) -> None:
    """What no table could hold is kept as short text."""
    tracking.prediction_one.report_status(job.retrain_job_id, "job_finished", message)

    tracking.run()

    item = tracking.item(job)
    assert item["status"] == "FINISHED"
    assert item["service_message"] == str(message)[:1000]


@pytest.mark.parametrize("bytes_per_second", [4 * MIB, 512 * 1024, 1000])
def test_download_stops_before_the_invocation_ends(tracking: Tracking, job: RetrainJob, bytes_per_second: int) -> None:
    """At whatever pace the bytes come: the rest is left to a later run, and nothing half is stored."""
    tracking.prediction_one.change_settings(results_padding_bytes=64 * MIB)
    tracking.prediction_one.add_fault(Fault("download", "slow", bytes_per_second=bytes_per_second))
    tracking.finish(job)
    begun = time.monotonic()

    with_little_time = Deadline(time.time() + 62)
    bucket = ResultsBucket(tracking.s3, BUCKET, local=True)
    with pytest.raises(NoTimeLeftError):
        bucket.store(job, _download_url(tracking, job), with_little_time)

    assert time.monotonic() - begun < 8
    assert tracking.stored(job) == {}


def _download_url(tracking: Tracking, job: RetrainJob) -> str:
    api = f"{tracking.prediction_one.base_url}/v1/external/retrain_jobs/{job.retrain_job_id}"
    url: str = requests.get(api, headers={"x-api-key": "5ec4e7-api-key"}, timeout=5).json()["download_url"]
    return url


@pytest.fixture
def far_stand_in(tmp_path: Path) -> Iterator[StandInControl]:
    """Run a stand-in in a process of its own, whose memory is not this one's."""
    command = [sys.executable, "-u", "-m", "local.prediction_one", "--api-key", "KEY=7", "--training-seconds", "0"]
    environment = {"PYTHONPATH": str(REPOSITORY)}
    with BackgroundProgram(command, environment, tmp_path / "output") as program:
        yield StandInControl(program.first_line())


def test_memory_stays_flat(far_stand_in: StandInControl, tracking: Tracking, job: RetrainJob) -> None:
    """192 MiB take little more than the one part of 8 MiB that is in hand."""
    far_stand_in.change_settings(results_padding_bytes=192 * MIB)
    api = f"{far_stand_in.base_url}/v1/external/retrain_jobs"
    headers = {"x-api-key": "KEY"}
    target = requests.get(f"{api}/upload_url?filename=a.csv", headers=headers, timeout=5).json()
    requests.put(target["upload_url"], data=b"a,b\n", timeout=5).raise_for_status()
    url = requests.get(f"{api}/{target['retrain_job_id']}", headers=headers, timeout=5).json()["download_url"]
    bucket = ResultsBucket(tracking.s3, BUCKET, local=True)

    tracemalloc.start()
    bucket.store(job, url, Deadline(time.time() + 600))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [size > 192 * MIB for size in tracking.stored(job).values()] == [True]
    assert peak < 40 * MIB

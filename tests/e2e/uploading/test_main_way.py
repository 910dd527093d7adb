"""A file lands, and the model is retrained on it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import pytest

from local.processes import wait_for
from local.stack import REPOSITORY, LocalStack
from tests.e2e.conftest import CSV, send_to_upload_queue

WaitForJob = Callable[..., dict[str, Any]]
SampleEvent = Callable[[str], dict[str, Any]]

UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_landed_file_is_uploaded_and_recorded(stack: LocalStack, model: str, wait_for_job: WaitForJob) -> None:
    """A real CSV arrives unharmed, and its item says what became of it."""
    data = (REPOSITORY / "local/data/penguins.csv").read_bytes()
    stack.add_model(model)

    uri = stack.land(f"{model}/2026/penguins.csv", data)
    job = wait_for_job(uri, "TRAINING")

    (upload,) = stack.prediction_one.find_uploads(model=model)
    assert (upload.filename, upload.sha256) == ("penguins.csv", hashlib.sha256(data).hexdigest())
    expected = {"model": model, "filename": "penguins.csv", "size_bytes": len(data), "attempts": 1}
    assert job | expected | {"retrain_job_id": upload.retrain_job_id} == job
    assert all(UTC_TIME.fullmatch(job[name]) for name in ("landed_at", "updated_at", "uploaded_at"))
    assert "error_code" not in job


@pytest.mark.parametrize(
    "filename",
    ["two words.csv", "1+1=2.csv", "100%25.CSV", "ペンギン 1+1.tsv", "🐧 & co.csv", "a/b/c/deep.csv", "é.csv"],
)
def test_file_name_arrives_unharmed(stack: LocalStack, model: str, wait_for_job: WaitForJob, filename: str) -> None:
    """Whatever a file is called, the service gets it under that very name."""
    stack.add_model(model)

    uri = stack.land(f"{model}/{filename}", CSV.replace(b",", b"\t") if filename.endswith(".tsv") else CSV)
    job = wait_for_job(uri, "TRAINING")

    own_name = filename.rsplit("/", 1)[-1]
    assert [upload.filename for upload in stack.prediction_one.find_uploads(model=model)] == [own_name]
    assert job["filename"] == own_name


@pytest.mark.parametrize(
    "name",
    ["pandas_utf8_bom.csv", "pandas_cp932.csv", "pandas_crlf.csv", "pandas_tabs.tsv", "python.zip", "infozip.zip"],
)
def test_file_by_another_tool_arrives_unharmed(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, name: str
) -> None:
    """What the checks let through is sent as it is: Shift_JIS, byte order mark, CRLF, tabs, and ready zips."""
    data = (REPOSITORY / "tests" / "data" / name).read_bytes()
    stack.add_model(model)

    wait_for_job(stack.land(f"{model}/{name}", data), "TRAINING")

    (upload,) = stack.prediction_one.find_uploads(model=model)
    assert (upload.filename, upload.sha256) == (name, hashlib.sha256(data).hexdigest())


@pytest.mark.usefixtures("by_hand")
def test_same_event_five_times_is_one_upload(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, sample_event: SampleEvent
) -> None:
    """SQS and EventBridge deliver at least once: five deliveries at the same moment are one PUT and one item."""
    stack.add_model(model)
    uri = stack.land(f"{model}/data.csv", CSV)
    event = sample_event("upload_eventbridge")
    event["detail"]["bucket"]["name"] = stack.outputs["LandingBucketName"]
    described = event["detail"]["object"]
    described |= {
        "key": f"{model}/data.csv",
        "size": len(CSV),
        "etag": hashlib.md5(CSV, usedforsecurity=False).hexdigest(),
    }
    del described["version-id"]

    for _ in range(5):
        send_to_upload_queue(stack, event)
    wait_for_job(uri, "TRAINING")
    # The losers of the race wait until the winner's lease is over: hand the events in once more, to see them refused.
    send_to_upload_queue(stack, event)
    wait_for("a refused repetition", lambda: "Repeated event" in "".join(stack.log_lines()))

    assert [job["object_version"] for job in stack.jobs(uri)] == [described["sequencer"]]
    assert len(stack.prediction_one.find_uploads(model=model)) == 1


@pytest.mark.usefixtures("by_hand")
def test_s3_notification_names_the_very_version(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, sample_event: SampleEvent
) -> None:
    """An S3 notification in SQS works, and what is sent is the version that it names, not the newest."""
    stack.add_model(model)
    bucket, key = stack.outputs["LandingBucketName"], f"{model}/1+1 ペンギン.csv"
    landed = stack.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=CSV)
    stack.land(key, b"overwritten\n")
    event = sample_event("upload_s3_notification")
    event["Records"][0]["s3"]["bucket"]["name"] = bucket
    described = event["Records"][0]["s3"]["object"]
    described |= {"key": quote_plus(key, safe="/"), "size": len(CSV), "eTag": landed["ETag"].strip('"')}
    described["versionId"] = landed["VersionId"]

    send_to_upload_queue(stack, event)
    job = wait_for_job(f"s3://{bucket}/{key}", "TRAINING")

    assert job["object_version"] == landed["VersionId"]
    (upload,) = stack.prediction_one.find_uploads(model=model)
    assert (upload.filename, upload.sha256) == ("1+1 ペンギン.csv", hashlib.sha256(CSV).hexdigest())


def test_markers_and_the_test_event_are_ignored(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, sample_event: SampleEvent
) -> None:
    """What is no data leaves no item, and its messages do not come again."""
    stack.add_model(model)

    markers = [stack.land(f"{model}/{name}", b"") for name in ("folder/", "_SUCCESS", ".hidden.csv")]
    send_to_upload_queue(stack, sample_event("upload_s3_test_event"))
    wait_for_job(stack.land(f"{model}/data.csv", CSV), "TRAINING")  # what came before it has been dealt with, too

    assert [stack.jobs(uri) for uri in markers] == [[], [], []]

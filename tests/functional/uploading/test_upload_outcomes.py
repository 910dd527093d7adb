"""Every end of a landed file's way is in its item, with the reason: sent, refused, superseded, failed, given up."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from local.prediction_one import PredictionOneStandIn
from retrain.landing.landed_object import LandedObject
from retrain.ledger.attempts import JobLedger
from retrain.prediction_one.api import PredictionOne
from tests.conftest import eventbridge_event
from tests.functional.conftest import API_KEY, CSV, LandingBucket
from tests.functional.uploading.conftest import UploadFunction

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


pytestmark = pytest.mark.usefixtures("model_secret", "pauses", "no_secret_in_output")

DELETIONS: dict[str, Callable[[PredictionOneStandIn, str], None]] = {
    "user": PredictionOneStandIn.delete_user,
    "model": PredictionOneStandIn.delete_model,
    "job": PredictionOneStandIn.delete_training_job,
}


@pytest.mark.parametrize(
    "case",
    [
        ("{model}/a.csv", b"", "EMPTY_FILE"),
        ("{model}/a.xlsx", CSV, "UNSUPPORTED_TYPE"),
        ("{model}.csv", CSV, "NO_MODEL_FOLDER"),
        ("_{model}/a.csv", CSV, "ILLEGAL_MODEL_NAME"),
        ("{model} 1/a.csv", CSV, "ILLEGAL_MODEL_NAME"),
    ],
    ids=lambda case: case[0],
)
def test_unfit_file_is_rejected(
    upload_function: UploadFunction, landing_bucket: LandingBucket, model: str, case: tuple[str, bytes, str]
) -> None:
    """By its name and size alone: it is not even read."""
    key, body, code = case
    landed = landing_bucket.land(key.format(model=model), body)
    upload_function.queue(eventbridge_event(landed))

    assert upload_function.take_message()

    item = upload_function.item_of(landed)
    assert (item["status"], item["error_code"]) == ("REJECTED", code)
    assert landed.filename in item["error_message"] or landed.model in item["error_message"]
    assert [call for call, _ in upload_function.calls] == ["UpdateItem", "UpdateItem"]


@pytest.mark.parametrize("deletion", DELETIONS)
def test_what_was_deleted_at_the_service_fails_for_good(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn, deletion: str
) -> None:
    """Trying again would change nothing, so the message is consumed."""
    DELETIONS[deletion](prediction_one, landed.model)
    upload_function.queue(eventbridge_event(landed))

    assert upload_function.take_message()

    item = upload_function.item_of(landed)
    assert (item["status"], item["error_code"]) == ("FAILED", "DELETED_AT_SERVICE")
    assert "may be deleted" in item["error_message"]
    assert prediction_one.uploads == []


def test_object_overwritten_in_a_bucket_without_versions_is_superseded(
    upload_function: UploadFunction,
    unversioned_bucket: LandingBucket,
    prediction_one: PredictionOneStandIn,
    model: str,
) -> None:
    """Only the newer landing is sent; the older can't be had any more."""
    older, newer = (unversioned_bucket.land(f"{model}/a.csv", CSV + row) for row in (b"older,,\n", b"newer,,\n"))
    for landed in (older, newer):
        upload_function.queue(eventbridge_event(landed))

    assert all(upload_function.take_message() for _ in range(2))

    items = [upload_function.item_of(landed) for landed in (older, newer)]
    assert [item["status"] for item in items] == ["SUPERSEDED", "TRAINING"]
    assert (items[0]["error_code"], items[0].get("retrain_job_id")) == ("OBJECT_SUPERSEDED", None)
    assert len(prediction_one.uploads) == 1


def test_deleted_object_is_superseded(
    upload_function: UploadFunction,
    landed: LandedObject,
    landing_bucket: LandingBucket,
    prediction_one: PredictionOneStandIn,
) -> None:
    """Its very version was deleted before it could be sent."""
    landing_bucket.s3.delete_object(Bucket=landed.bucket, Key=landed.key, VersionId=str(landed.version_id))
    upload_function.queue(eventbridge_event(landed))

    assert upload_function.take_message()

    assert upload_function.item_of(landed)["status"] == "SUPERSEDED"
    assert prediction_one.uploads == []


def test_final_outcome_stands_when_the_event_is_repeated(
    upload_function: UploadFunction, landing_bucket: LandingBucket, model: str
) -> None:
    """A rejected file is not judged again: the repeated event changes nothing."""
    landed = landing_bucket.land(f"{model}/a.txt", CSV)
    upload_function.handle(eventbridge_event(landed))
    rejected = upload_function.item_of(landed)

    upload_function.handle(eventbridge_event(landed))

    assert upload_function.item_of(landed) == rejected


@pytest.mark.usefixtures("model_secret", "pauses")
def test_job_that_was_deleted_at_the_service_is_sent_again(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn, jobs_table: Table
) -> None:
    """A deleted job trains nothing, just as one that is not known."""
    target = PredictionOne(prediction_one.base_url).request_upload_url(API_KEY, landed.filename)
    ledger = JobLedger(jobs_table)
    claim = ledger.claim(landed, "an invocation that died", time.time() - 700)
    assert claim
    ledger.record_job_id(claim, target.retrain_job_id)
    prediction_one.delete_job(target.retrain_job_id)

    upload_function.handle(eventbridge_event(landed))

    assert upload_function.item_of(landed)["status"] == "TRAINING"
    assert len(prediction_one.uploads) == 1


pytestmark = pytest.mark.usefixtures("model_secret", "pauses", "no_secret_in_output")

UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def two_receives(upload_function: UploadFunction, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a message up after its second receive."""
    assert upload_function
    monkeypatch.setenv("MAX_RECEIVE_COUNT", "2")


@pytest.mark.usefixtures("two_receives")
def test_file_is_given_up_with_its_last_receive_and_not_before(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn
) -> None:
    """With the reason of the last attempt; the message is no longer hidden, so that the queue gives it up at once."""
    prediction_one.go_down()
    upload_function.queue(eventbridge_event(landed))

    consumed = [upload_function.take_message()]
    before = upload_function.item_of(landed)
    consumed += [upload_function.take_message()]

    item = upload_function.item_of(landed)
    assert (consumed, upload_function.delays_seconds) == ([False, False], [30, 0])
    assert (before["status"], "given_up_at" in before) == ("RETRYING", False)
    assert (item["status"], item["error_code"], item["attempts"]) == ("RETRYING", "SERVICE_UNAVAILABLE", 2)
    assert UTC_TIME.fullmatch(item["given_up_at"])


@pytest.mark.usefixtures("two_receives")
def test_redriven_message_goes_on(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn
) -> None:
    """It is a new message; nothing of the giving up is left."""
    prediction_one.go_down()
    upload_function.queue(eventbridge_event(landed))
    given_up = [upload_function.take_message() for _ in range(2)]
    prediction_one.come_back()

    upload_function.handle(eventbridge_event(landed))

    item = upload_function.item_of(landed)
    assert given_up == [False, False]
    assert (item["status"], item["attempts"], "given_up_at" in item) == ("TRAINING", 3, False)
    assert len(prediction_one.uploads) == 1


def test_failure_outside_a_queue_gives_nothing_up(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn
) -> None:
    """Lambda itself retries such an event."""
    prediction_one.go_down()

    with pytest.raises(Exception, match="Prediction One"):
        upload_function.handle(eventbridge_event(landed))

    item = upload_function.item_of(landed)
    assert (item["status"], "given_up_at" in item) == ("RETRYING", False)


def reject(bucket: LandingBucket, landed: LandedObject, _: PredictionOneStandIn) -> LandedObject:
    """Land a file that our checks refuse."""
    return bucket.land(f"{landed.model}/a.xlsx", b"refused")


def supersede(bucket: LandingBucket, landed: LandedObject, _: PredictionOneStandIn) -> LandedObject:
    """Delete the landed version."""
    bucket.s3.delete_object(Bucket=landed.bucket, Key=landed.key, VersionId=str(landed.version_id))
    return landed


def fail(_: LandingBucket, landed: LandedObject, prediction_one: PredictionOneStandIn) -> LandedObject:
    """Delete the model at the service."""
    prediction_one.delete_model(landed.model)
    return landed


@pytest.mark.parametrize(
    ("end", "metric"), [(reject, "FilesRejected"), (supersede, "FilesSuperseded"), (fail, "FilesFailed")]
)
def test_every_way_to_end_untrained_has_a_metric(  # noqa: PLR0913, PLR0917 - six fixtures
    upload_function: UploadFunction,
    landing_bucket: LandingBucket,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    stdout: Callable[[], list[dict[str, Any]]],
    end: Callable[[LandingBucket, LandedObject, PredictionOneStandIn], LandedObject],
    metric: str,
) -> None:
    """A file that was overwritten is nothing to raise an alarm for, one that failed may well be."""
    upload_function.handle(eventbridge_event(end(landing_bucket, landed, prediction_one)))

    (metrics,) = [line for line in stdout() if "_aws" in line]
    ends = ("FilesRejected", "FilesSuperseded", "FilesFailed")
    assert {name: metrics[name] for name in ends if name in metrics} == {metric: [1]}

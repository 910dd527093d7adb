"""What can never succeed is recorded with its reason and consumed; nothing of it is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from local.prediction_one import PredictionOneStandIn
from retrain.landing.landed_object import LandedObject
from tests.conftest import eventbridge_event
from tests.functional.conftest import CSV, LandingBucket, UploadFunction

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

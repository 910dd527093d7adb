"""The upload function's main way: a landed file reaches Prediction One once, and the record says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from local.prediction_one import PredictionOneStandIn
from retrain.landing.landed_object import LandedObject
from tests.conftest import AWKWARD_NAMES, ENVELOPES, event_in, eventbridge_event, in_sqs, load_event, s3_notification
from tests.functional.conftest import API_KEY, CSV, LandingBucket, sha256
from tests.functional.uploading.conftest import UploadFunction

pytestmark = pytest.mark.usefixtures("model_secret")


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_file_is_sent_whichever_envelope_its_event_comes_in(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn, envelope: str
) -> None:
    """Its very bytes arrive, once, under its own name."""
    answer = upload_function.handle(event_in(envelope, landed))

    (upload,) = prediction_one.uploads
    assert (upload.model, upload.filename, upload.sha256) == (landed.model, "a.csv", sha256(CSV))
    assert upload_function.item_of(landed)["retrain_job_id"] == upload.retrain_job_id
    assert answer == {"batchItemFailures": []}


def test_record_is_as_in_the_contract(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn
) -> None:
    """Nothing is missing from a job in training, and nothing of the attempt is left in it."""
    upload_function.handle(eventbridge_event(landed))

    item = upload_function.item_of(landed)
    moments = {"updated_at": item["updated_at"], "uploaded_at": item["uploaded_at"]}
    assert item == {
        "object_uri": landed.uri,
        "object_version": landed.version_id,
        "model": landed.model,
        "filename": "a.csv",
        "size_bytes": len(CSV),
        "etag": landed.etag,
        "version_id": landed.version_id,
        "status": "TRAINING",
        "retrain_job_id": prediction_one.uploads[0].retrain_job_id,
        "attempts": 1,
        "landed_at": landed.landed_at,
        "open_job": "open",
        "next_check_at": item["next_check_at"],
        **moments,
    }


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_awkward_names_arrive_unharmed(
    upload_function: UploadFunction,
    landing_bucket: LandingBucket,
    prediction_one: PredictionOneStandIn,
    model: str,
    name: str,
) -> None:
    """From the bucket through EventBridge's event to the service, no name is escaped or unescaped once too often."""
    landed = landing_bucket.land(f"{model}/{name}", CSV)

    upload_function.handle(eventbridge_event(landed))

    assert [upload.filename for upload in prediction_one.uploads] == [name]


def test_warm_function_makes_only_the_calls_it_needs(
    upload_function: UploadFunction, landing_bucket: LandingBucket, model: str
) -> None:
    """One read of the object and three writes of its item; the API key is remembered."""
    first, second = (landing_bucket.land(f"{model}/{number}.csv", CSV) for number in range(2))
    upload_function.handle(eventbridge_event(first))
    upload_function.calls.clear()

    upload_function.handle(in_sqs(eventbridge_event(second)))

    assert [call for call, _ in upload_function.calls] == ["UpdateItem", "GetObject", "UpdateItem", "UpdateItem"]


def test_repeated_event_starts_no_second_job(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn
) -> None:
    """EventBridge and SQS both deliver at least once; whatever the envelope, it is the same landing."""
    event = eventbridge_event(landed)

    answers = [upload_function.handle(repeated) for repeated in (event, event, in_sqs(event), in_sqs(event), event)]

    assert answers == [{"batchItemFailures": []}] * 5
    assert len(prediction_one.uploads) == 1
    assert upload_function.item_of(landed)["attempts"] == 1
    assert len(prediction_one.find_requests("upload_url")) == 1


def test_file_that_lands_again_is_sent_again(
    upload_function: UploadFunction, landed: LandedObject, landing_bucket: LandingBucket
) -> None:
    """A new version of the same key is a new item, and each is sent with its own bytes."""
    newer = landing_bucket.land(landed.key, CSV + b"Gentoo,Biscoe,5000\n")

    for each in (landed, newer):
        upload_function.handle(eventbridge_event(each))

    statuses = [upload_function.item_of(each)["status"] for each in (landed, newer)]
    sizes = [upload_function.item_of(each)["size_bytes"] for each in (landed, newer)]
    assert (statuses, sizes) == (["TRAINING", "TRAINING"], [landed.size_bytes, newer.size_bytes])


def test_earlier_version_is_sent_although_it_was_overwritten(
    upload_function: UploadFunction,
    landed: LandedObject,
    landing_bucket: LandingBucket,
    prediction_one: PredictionOneStandIn,
) -> None:
    """The event pins the version: what is sent is what landed, not what is there now."""
    landing_bucket.land(landed.key, b"something,else\n")

    upload_function.handle(eventbridge_event(landed))

    assert [upload.sha256 for upload in prediction_one.uploads] == [sha256(CSV)]


def test_all_objects_of_one_message_are_sent(
    upload_function: UploadFunction, landing_bucket: LandingBucket, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """An S3 notification may tell of several."""
    objects = [landing_bucket.land(f"{model}/{number}.csv", CSV) for number in range(3)]

    upload_function.handle(in_sqs(s3_notification(*objects)))

    assert [upload.filename for upload in prediction_one.uploads] == ["0.csv", "1.csv", "2.csv"]


def test_test_event_is_consumed(upload_function: UploadFunction, prediction_one: PredictionOneStandIn) -> None:
    """S3's own test message does nothing."""
    upload_function.queue(load_event("s3_test_event"))

    assert upload_function.take_message()
    assert (upload_function.calls, prediction_one.requests) == ([], [])


def test_log_and_metrics_tell_the_file_and_no_secret(
    upload_function: UploadFunction,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    stdout: Callable[[], list[dict[str, Any]]],
) -> None:
    """Every line of an attempt can be found by its model, bucket, key and retrain job."""
    upload_function.handle(in_sqs(eventbridge_event(landed)))

    lines = stdout()
    (metrics,) = [line for line in lines if "_aws" in line]
    log = [line for line in lines if "_aws" not in line]
    assert {(line["model"], line["bucket"], line["key"]) for line in log} == {(landed.model, "landing", landed.key)}
    assert log[-1]["retrain_job_id"] == prediction_one.uploads[0].retrain_job_id
    assert metrics["model"] == landed.model
    counted = {name: metrics[name] for name in ("EventsReceived", "FilesUploaded", "BytesUploaded")}
    assert counted == {"EventsReceived": [1], "FilesUploaded": [1], "BytesUploaded": [len(CSV)]}
    for secret in (API_KEY, "X-Amz-Signature", "upload-store"):
        assert secret not in json.dumps(lines)


def test_log_lines_of_one_file_never_name_the_job_of_another(
    upload_function: UploadFunction,
    landing_bucket: LandingBucket,
    prediction_one: PredictionOneStandIn,
    model: str,
    stdout: Callable[[], list[dict[str, Any]]],
) -> None:
    """Two files of one message, one after the other: each line names its own file's job, or none yet."""
    objects = [landing_bucket.land(f"{model}/{name}.csv", CSV) for name in ("first", "second")]

    upload_function.handle(in_sqs(s3_notification(*objects)))

    named = {(line["key"], line["retrain_job_id"]) for line in stdout() if "retrain_job_id" in line}
    own = {(f"{model}/{upload.filename}", upload.retrain_job_id) for upload in prediction_one.uploads}
    assert named == own | {(landed.key, "none yet") for landed in objects}

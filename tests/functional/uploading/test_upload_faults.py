"""A temporary fault is recorded and the file is retried later, and when it is over the file is sent, exactly once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from local.prediction_one import Fault, PredictionOneStandIn
from retrain.errors import NoTimeLeftError, ServiceUnavailableError, UploadInterruptedError
from retrain.landing.landed_object import LandedObject
from tests.conftest import eventbridge_event, in_sqs, s3_notification
from tests.functional.conftest import CSV, LandingBucket, sha256
from tests.functional.uploading.conftest import UploadFunction

pytestmark = pytest.mark.usefixtures("model_secret", "pauses", "no_secret_in_output")

BEYOND_ALL_SOCKET_BUFFERS = bytes(16 * 1024 * 1024)
"""So much that a client notices a connection that broke before it handed over the last byte."""

PASSING_FAULTS: list[Any] = [
    pytest.param(Fault("upload_url", "status", times=None, status=503), "SERVICE_UNAVAILABLE", id="service down"),
    pytest.param(Fault("upload_url", "status", times=None, status=429), "SERVICE_UNAVAILABLE", id="too many requests"),
    pytest.param(Fault("upload_url", "drop", times=None), "SERVICE_UNAVAILABLE", id="no answer"),
    pytest.param(Fault("upload_url", "status", status=403, body="<html>"), "UNEXPECTED_ANSWER", id="not on allowlist"),
    pytest.param(Fault("upload_url", "redirect"), "UNEXPECTED_ANSWER", id="redirect"),
    pytest.param(Fault("upload_url", "expired_url", times=None), "UPLOAD_URL_EXPIRED", id="URL expired"),
    pytest.param(Fault("put", "status", times=None, status=503), "UPLOAD_REFUSED", id="store 503"),
    pytest.param(Fault("put", "status", times=None, status=403), "UPLOAD_REFUSED", id="store 403"),
]


@pytest.mark.parametrize(("fault", "code"), PASSING_FAULTS)
def test_passing_fault_is_retried_later_and_then_overcome(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn, fault: Fault, code: str
) -> None:
    """The record says why, the message comes again after 30 s, and then the file is sent, exactly once."""
    prediction_one.add_fault(fault)
    upload_function.queue(eventbridge_event(landed))

    assert not upload_function.take_message()
    failed = upload_function.item_of(landed)
    prediction_one.clear_faults()
    assert upload_function.take_message()

    assert (failed["status"], failed["error_code"], upload_function.delays_seconds) == ("RETRYING", code, [30])
    assert not {"lease_owner", "lease_expires_at"} & set(failed)
    (upload,) = prediction_one.uploads
    item = upload_function.item_of(landed)
    assert (upload.sha256, upload.retrain_job_id) == (sha256(CSV), item["retrain_job_id"])
    assert (item["status"], item["attempts"]) == ("TRAINING", 2)
    assert not {"error_code", "error_message"} & set(item)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("upload_url", "status", times=3),
        Fault("upload_url", "garbage"),
        Fault("upload_url", "expired_url", times=2),
        Fault("put", "status", status=503, times=2),
        Fault("put", "early_answer", status=503, times=2),
    ],
    ids=lambda fault: f"{fault.operation} {fault.kind} {fault.status} {fault.at}",
)
def test_short_fault_is_overcome_within_the_attempt(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn, fault: Fault
) -> None:
    """A few quick tries, each with a new URL, and nobody notices."""
    prediction_one.add_fault(fault)

    answer = upload_function.handle(in_sqs(eventbridge_event(landed)))

    assert answer == {"batchItemFailures": []}
    assert len(prediction_one.uploads) == 1
    item = upload_function.item_of(landed)
    assert (item["attempts"], item["retrain_job_id"]) == (1, prediction_one.uploads[0].retrain_job_id)


def test_service_may_ask_for_a_longer_wait(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn, pauses: list[float]
) -> None:
    """Retry-After is capped within the attempt, and granted in full by the queue."""
    busy = Fault("upload_url", "status", times=None, status=429, retry_after_seconds=120)
    prediction_one.add_fault(busy)
    upload_function.queue(eventbridge_event(landed))

    assert not upload_function.take_message()

    assert (pauses, upload_function.delays_seconds) == ([20, 20, 20], [120])


def test_store_that_asks_for_a_longer_wait_is_left_to_the_queue(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn, pauses: list[float]
) -> None:
    """The paid function does not sit out what a message waits for free."""
    prediction_one.add_fault(Fault("put", "status", status=503, retry_after_seconds=90))
    upload_function.queue(eventbridge_event(landed))

    assert not upload_function.take_message()

    assert (pauses, upload_function.delays_seconds) == ([], [90])


def test_message_is_delayed_for_longer_each_time(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn
) -> None:
    """An outage of many hours is ridden out; after it one attempt is enough."""
    prediction_one.go_down()
    upload_function.queue(eventbridge_event(landed))

    consumed = [upload_function.take_message() for _ in range(7)]
    prediction_one.come_back()

    assert not any(consumed)
    assert upload_function.delays_seconds == [30, 60, 120, 240, 480, 900, 900]
    assert upload_function.take_message()
    assert upload_function.item_of(landed)["attempts"] == 8


def test_connection_cut_midway_leaves_no_job_behind(
    upload_function: UploadFunction, landing_bucket: LandingBucket, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """Nothing was stored, so there is nothing that the next attempt would have to resolve."""
    landed = landing_bucket.land(f"{model}/large.csv", BEYOND_ALL_SOCKET_BUFFERS)
    prediction_one.add_fault(Fault("put", "drop", at="mid_body", after_bytes=1_000_000, times=3))
    upload_function.queue(eventbridge_event(landed))

    assert not upload_function.take_message()
    failed = upload_function.item_of(landed)
    assert upload_function.take_message()

    assert failed["error_code"] == UploadInterruptedError.code
    assert "retrain_job_id" not in failed
    assert [upload.sha256 for upload in prediction_one.uploads] == [sha256(BEYOND_ALL_SOCKET_BUFFERS)]
    assert not prediction_one.find_requests("status")


def test_upload_that_cannot_end_in_time_is_stopped(
    upload_function: UploadFunction, landing_bucket: LandingBucket, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """Before Lambda would kill the function, with the reason in the record."""
    landed = landing_bucket.land(f"{model}/large.csv", BEYOND_ALL_SOCKET_BUFFERS)
    prediction_one.add_fault(Fault("put", "slow", bytes_per_second=1_000_000))

    upload_function.handle(in_sqs(eventbridge_event(landed)), remaining_seconds=12)

    item = upload_function.item_of(landed)
    assert (item["status"], item["error_code"]) == ("RETRYING", NoTimeLeftError.code)
    assert prediction_one.uploads == []


def test_event_that_came_without_a_queue_fails_the_invocation(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn
) -> None:
    """Lambda's own retry of an asynchronous invocation is all there is then."""
    prediction_one.go_down()

    with pytest.raises(ServiceUnavailableError):
        upload_function.handle(eventbridge_event(landed))

    assert upload_function.item_of(landed)["status"] == "RETRYING"


def test_one_file_of_a_message_may_fail_alone(
    upload_function: UploadFunction, landing_bucket: LandingBucket, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """The others are sent at once, and not again when the message comes again."""
    first, second = (landing_bucket.land(f"{model}/{name}.csv", CSV) for name in ("first", "second"))
    prediction_one.add_fault(Fault("upload_url", "redirect", filename="first.csv"))
    upload_function.queue(s3_notification(first, second))

    consumed = [upload_function.take_message() for _ in range(2)]

    assert consumed == [False, True]
    assert [upload.filename for upload in prediction_one.uploads] == ["second.csv", "first.csv"]


def test_bucket_that_cannot_be_read_is_retried_later(upload_function: UploadFunction, landed: LandedObject) -> None:
    """A bucket policy or a KMS key may be fixed; until then nothing is lost."""
    elsewhere = replace(landed, bucket="no-such-bucket")
    upload_function.queue(eventbridge_event(elsewhere))

    assert not upload_function.take_message()

    item = upload_function.item_of(elsewhere)
    assert (item["status"], item["error_code"]) == ("RETRYING", "OBJECT_UNREADABLE")


def test_message_that_cannot_be_delayed_still_comes_again(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn
) -> None:
    """The queue no longer knows its receipt handle: it is reported as failed, and its visibility ends some day."""
    prediction_one.go_down()
    stale = in_sqs(eventbridge_event(landed))

    answer = upload_function.handle(stale)

    assert answer == {"batchItemFailures": [{"itemIdentifier": stale["Records"][0]["messageId"]}]}
    assert upload_function.item_of(landed)["status"] == "RETRYING"

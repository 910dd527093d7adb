"""The last receive: the file is given up, which its record says until the message is redriven."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from local.prediction_one import PredictionOneStandIn
from retrain.landing.landed_object import LandedObject
from tests.conftest import eventbridge_event
from tests.functional.conftest import LandingBucket, UploadFunction

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

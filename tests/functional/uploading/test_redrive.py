"""A person has one given-up file tried again: its event is queued, and its message leaves the dead-letter queue."""

from __future__ import annotations

from typing import Any

import pytest

from local.prediction_one import PredictionOneStandIn
from retrain.errors import RequestRefusedError
from retrain.landing.landed_object import LandedObject
from tests.conftest import eventbridge_event
from tests.functional.conftest import CSV, LandingBucket
from tests.functional.uploading.conftest import UploadFunction
from tests.functional.uploading.datasets import Dataset

pytestmark = pytest.mark.usefixtures("model_secret", "pauses", "no_secret_in_output")

LOOK = {"action": "record-dead-letters"}


@pytest.fixture(autouse=True)
def _letters_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide a dead letter that was read for a second only, as if a minute had passed when the next reader comes."""
    monkeypatch.setattr("retrain.uploading.upload_queue.PEEK_SECONDS", 1)


def redrive(item: dict[str, Any]) -> dict[str, Any]:
    """Return the event by which a person redrives an item's file."""
    return {"action": "redrive", **{name: item[name] for name in ("object_uri", "object_version")}}


def test_file_is_sent_and_its_letter_is_gone(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn
) -> None:
    """No later look at the dead letters says once more that the file was given up."""
    upload_function.bury(eventbridge_event(landed))
    upload_function.handle(LOOK)
    upload_function.wait_for_letters(1)

    answer = upload_function.handle(redrive(upload_function.item_of(landed)))
    assert upload_function.take_message()

    assert (answer["filename"], "expires_at" in answer) == ("a.csv", False)
    assert upload_function.item_of(landed)["status"] == "TRAINING"
    assert len(prediction_one.uploads) == 1
    assert upload_function.letters == 0


def test_letters_of_other_files_stay(
    upload_function: UploadFunction, landed: LandedObject, landing_bucket: LandingBucket, model: str
) -> None:
    """Also one of an older version of the same file, and one that is no event."""
    upload_function.bury(eventbridge_event(landed))
    upload_function.handle(LOOK)
    for other in (landing_bucket.land(f"{model}/b.csv", CSV), landing_bucket.land(landed.key, CSV)):
        upload_function.bury(eventbridge_event(other))
    upload_function.bury({"hello": "world"})
    upload_function.wait_for_letters(4)

    upload_function.handle(redrive(upload_function.item_of(landed)))

    assert upload_function.letters == 3


def test_file_without_a_letter_is_sent(upload_function: UploadFunction, landed: LandedObject) -> None:
    """SQS has deleted the message after 14 days; the item knows all that its event said."""
    letter = upload_function.bury(eventbridge_event(landed))
    upload_function.handle(LOOK)
    upload_function.lose_letters()

    upload_function.handle(redrive(upload_function.item_of(landed)))

    assert letter
    assert upload_function.take_message()
    assert upload_function.item_of(landed)["status"] == "TRAINING"


def test_pair_is_sent_and_the_letters_of_both_halves_are_gone(
    upload_function: UploadFunction, dataset: Dataset, prediction_one: PredictionOneStandIn
) -> None:
    """It was given up as one."""
    prediction_one.go_down()
    halves = [dataset.land(name) for name in ("train_src/a.csv", "eval_src/b.csv")]
    upload_function.queue(eventbridge_event(halves[0]))
    assert not upload_function.take_message()
    upload_function.lose_messages()
    for half in halves:
        upload_function.bury(eventbridge_event(half))
    upload_function.handle(LOOK)
    upload_function.wait_for_letters(2)
    prediction_one.come_back()

    upload_function.handle(redrive(dataset.items[0]))
    assert upload_function.take_message()

    assert dataset.statuses == ["TRAINING"]
    assert upload_function.letters == 0


def test_half_waits_again(upload_function: UploadFunction, dataset: Dataset) -> None:
    """An evaluation file's message comes back as its own, and the file is no longer given up."""
    half = dataset.land("eval_src/b.csv")
    upload_function.bury(eventbridge_event(half))
    upload_function.handle(LOOK)
    upload_function.wait_for_letters(1)

    upload_function.handle(redrive(dataset.items[0]))
    assert upload_function.take_message()

    (item,) = dataset.items
    assert (item["status"], "given_up_at" in item, "pending_since" in item) == ("WAITING", False, True)
    assert upload_function.letters == 0


@pytest.mark.parametrize("version", ["its own", "another", None])
def test_request_that_fits_no_file_is_refused(
    upload_function: UploadFunction, landed: LandedObject, version: str | None
) -> None:
    """A file with an outcome, one that is not there, and a request that names none: nothing is queued."""
    upload_function.handle(eventbridge_event(landed))
    named = {"its own": landed.version, "another": "another"}.get(str(version))

    with pytest.raises(RequestRefusedError, match=r"given up|no item|names no file"):
        upload_function.handle({"action": "redrive", "object_uri": landed.uri, "object_version": named})

    assert not upload_function.has_messages


def test_file_that_waits_for_a_decision_is_refused(upload_function: UploadFunction, landed: LandedObject) -> None:
    """A redrive would not help: no attempt may anticipate the decision."""
    upload_function.bury(eventbridge_event(landed))
    upload_function.handle(LOOK)
    upload_function.change(landed, error_code="OUTCOME_NEEDS_DECISION")

    with pytest.raises(RequestRefusedError, match="needs decision"):
        upload_function.handle(redrive(upload_function.item_of(landed)))

"""No message ends without a word: its file's item says so, and from there come an event and an e-mail."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from local.prediction_one import PredictionOneStandIn
from retrain.errors import TableUnavailableError
from retrain.landing.landed_object import LandedObject
from retrain.ledger.attempts import JobLedger
from retrain.ledger.status import HiddenState, state_of
from tests.conftest import eventbridge_event
from tests.functional.conftest import CSV, LandingBucket
from tests.functional.uploading.conftest import UploadFunction
from tests.functional.uploading.datasets import Dataset
from upload_handler import dependencies

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

pytestmark = pytest.mark.usefixtures("model_secret", "pauses", "no_secret_in_output")

LOOK = {"action": "record-dead-letters"}


@pytest.fixture
def last_receive(upload_function: UploadFunction, monkeypatch: pytest.MonkeyPatch) -> UploadFunction:
    """Give the function with a queue that gives a message up after its first receive."""
    monkeypatch.setenv("MAX_RECEIVE_COUNT", "1")
    dependencies.cache_clear()
    return upload_function


def test_last_receive_whose_file_is_being_sent_by_another_leaves_it_alone(
    last_receive: UploadFunction, landed: LandedObject, jobs_table: Table
) -> None:
    """That attempt has a message of its own, whose end will be recorded."""
    JobLedger(jobs_table).claim(landed, "another invocation", time.time() + 500)
    last_receive.queue(eventbridge_event(landed))

    assert not last_receive.take_message()

    item = last_receive.item_of(landed)
    assert (item["status"], "given_up_at" in item) == ("UPLOADING", False)


def test_last_receive_of_a_file_that_nobody_could_claim_has_an_item(
    last_receive: UploadFunction, landed: LandedObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever went wrong, also in our own code."""
    monkeypatch.setattr("retrain.uploading.attempt.landings", lambda *_: 1 / 0)
    last_receive.queue(eventbridge_event(landed))

    assert not last_receive.take_message()

    item = last_receive.item_of(landed)
    assert (state_of(item), item["error_code"]) == (HiddenState.GIVEN_UP, "UNEXPECTED_ERROR")


def test_last_receive_of_a_message_that_is_no_event_has_an_item(
    last_receive: UploadFunction, jobs_table: Table, stdout: Callable[[], list[dict[str, Any]]]
) -> None:
    """Named after the message, as there is no file; the log has its whole text."""
    last_receive.queue({"hello": "world"})

    assert not last_receive.take_message()

    (line,) = [line for line in stdout() if line.get("message") == "A message in the upload queue is not an S3 event"]
    key = {"object_uri": f"message:{line['message_id']}", "object_version": line["message_id"]}
    item = jobs_table.get_item(Key=key)["Item"]
    assert (state_of(item), item["error_code"]) == (HiddenState.UNREADABLE, "UNREADABLE_EVENT")
    assert line["body"] == json.dumps({"hello": "world"})


def test_dead_letter_of_an_attempt_that_died_is_recorded_once(
    upload_function: UploadFunction, landed: LandedObject, jobs_table: Table
) -> None:
    """The function timed out at the last receive: nobody was left to say so."""
    JobLedger(jobs_table).claim(landed, "an invocation that died", time.time() - 10)
    upload_function.bury(eventbridge_event(landed))

    answers = [upload_function.handle(LOOK)]
    item = upload_function.item_of(landed)
    answers.append(upload_function.handle(LOOK))

    assert (state_of(item), item["error_code"], "lease_owner" in item) == (HiddenState.GIVEN_UP, "ATTEMPT_DIED", False)
    assert answers == [{"dead_letters": 1}, {"dead_letters": 0}]  # it is hidden for a minute
    assert upload_function.item_of(landed) == item


def test_dead_letter_of_eventbridge_is_recorded_with_its_cause(
    upload_function: UploadFunction, landed: LandedObject
) -> None:
    """EventBridge could not reach the upload queue, so no attempt was ever made."""
    cause = {"ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"}}
    upload_function.bury(eventbridge_event(landed), cause)

    upload_function.handle(LOOK)

    item = upload_function.item_of(landed)
    assert (state_of(item), item["model"]) == (HiddenState.GIVEN_UP, landed.model)
    assert "NO_PERMISSIONS" in item["error_message"]


def test_look_that_fails_is_counted(
    upload_function: UploadFunction,
    landed: LandedObject,
    stdout: Callable[[], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The letter cannot be recorded, as the table refuses the write; the next look tries again."""
    monkeypatch.setenv("JOBS_TABLE_NAME", "not-there")
    upload_function.bury(eventbridge_event(landed))

    with pytest.raises(TableUnavailableError):
        upload_function.handle(LOOK)

    assert [line["DeadLetters"] for line in stdout() if "_aws" in line] == [[0]]


def test_dead_letter_keeps_the_reason_of_the_last_attempt(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn
) -> None:
    """It says more than that the message was given up."""
    prediction_one.go_down()
    upload_function.queue(eventbridge_event(landed))
    upload_function.take_message()
    upload_function.bury(eventbridge_event(landed))

    upload_function.handle(LOOK)

    item = upload_function.item_of(landed)
    assert (state_of(item), item["error_code"]) == (HiddenState.GIVEN_UP, "SERVICE_UNAVAILABLE")


def test_dead_letter_of_a_file_with_an_outcome_changes_nothing(
    upload_function: UploadFunction, landed: LandedObject
) -> None:
    """Another message of the same version has succeeded."""
    upload_function.handle(eventbridge_event(landed))
    item = upload_function.item_of(landed)
    upload_function.bury(eventbridge_event(landed))

    upload_function.handle(LOOK)

    assert upload_function.item_of(landed) == item


def test_dead_letter_that_is_redriven_goes_on(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn
) -> None:
    """The item of a file that nobody had claimed is claimed like any other."""
    upload_function.bury(eventbridge_event(landed))
    upload_function.handle(LOOK)

    upload_function.handle(eventbridge_event(landed))

    item = upload_function.item_of(landed)
    assert (item["status"], item["attempts"], "given_up_at" in item) == ("TRAINING", 1, False)
    assert len(prediction_one.uploads) == 1


def test_dead_letter_of_a_half_is_recorded_where_it_waits(upload_function: UploadFunction, dataset: Dataset) -> None:
    """Nobody will look for its other half, unless that half's own message does; then both go as one."""
    half = dataset.land("train_src/a.csv")
    upload_function.bury(eventbridge_event(half))

    upload_function.handle(LOOK)
    (waiting,) = dataset.items
    upload_function.handle(eventbridge_event(dataset.land("eval_src/b.csv")))

    assert (waiting["status"], state_of(waiting)) == ("WAITING", HiddenState.GIVEN_UP)
    assert dataset.statuses == ["TRAINING"]


def test_dead_letter_of_a_pair_is_recorded_in_the_pair(
    upload_function: UploadFunction, dataset: Dataset, prediction_one: PredictionOneStandIn
) -> None:
    """One item, whichever half's message it was."""
    prediction_one.go_down()
    half, other = (dataset.land(name) for name in ("train_src/a.csv", "eval_src/b.csv"))
    upload_function.queue(eventbridge_event(half))
    assert not upload_function.take_message()
    upload_function.bury(eventbridge_event(other))

    upload_function.handle(LOOK)

    assert [state_of(item) for item in dataset.items] == [HiddenState.GIVEN_UP]


def fail_with_a_secret(*_: object) -> None:
    """Fail as no code of ours should."""
    raise KeyError("X-Amz-Signature=1")


def test_defect_is_recorded_and_retried_like_any_failure(
    upload_function: UploadFunction,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    monkeypatch: pytest.MonkeyPatch,
    stdout: Callable[[], list[dict[str, Any]]],
) -> None:
    """Its own text stays out of the record: it may quote a secret."""
    with monkeypatch.context() as broken:
        broken.setattr("retrain.uploading.upload.UploadProgress", fail_with_a_secret)
        upload_function.queue(eventbridge_event(landed))
        assert not upload_function.take_message()
    failed = upload_function.item_of(landed)

    retried = upload_function.take_message()

    assert (failed["status"], failed["error_code"], retried) == ("RETRYING", "UNEXPECTED_ERROR", False)
    assert "KeyError" in failed["error_message"]
    assert "X-Amz" not in failed["error_message"] + json.dumps(stdout())
    assert upload_function.item_of(landed)["error_code"] == "UPLOAD_OUTCOME_UNKNOWN"  # nobody knows how far it came
    assert prediction_one.uploads == []


def test_file_outside_a_changed_prefix_is_recorded(
    upload_function: UploadFunction, landing_bucket: LandingBucket, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its message waited, here or as a dead letter, while the stack's LandingPrefix changed."""
    landed = [landing_bucket.land(f"old/{model}/{name}", CSV) for name in ("a.csv", "train_src/b.csv")]
    for each in landed:
        upload_function.queue(eventbridge_event(each))
    monkeypatch.setenv("LANDING_PREFIX", "new/")
    dependencies.cache_clear()

    assert all(upload_function.take_message() for _ in landed)

    items = [upload_function.item_of(each) for each in landed]
    assert {(item["status"], item["error_code"]) for item in items} == {("REJECTED", "OUTSIDE_LANDING_PREFIX")}

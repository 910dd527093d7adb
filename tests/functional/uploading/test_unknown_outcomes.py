"""An upload that may have arrived is neither repeated nor lost: time settles it, or a person decides."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from local.prediction_one import Fault, PredictionOneStandIn
from local.processes import wait_for
from retrain.landing.landed_object import LandedObject
from retrain.ledger.attempts import JobLedger
from retrain.uploading.upload import DECISION_HOURS
from tests.conftest import eventbridge_event
from tests.functional.conftest import Clock
from tests.functional.uploading.conftest import UploadFunction
from tests.functional.uploading.datasets import Dataset
from upload_handler import dependencies

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

pytestmark = pytest.mark.usefixtures("model_secret", "no_secret_in_output")

KEY = ("object_uri", "object_version")

SETTLED = 601
"""Seconds until an upload may be compared, with the `SettleMinutes` of these tests."""

LOST_ANSWERS = {
    "stored, answer lost": Fault("put", "drop", at="after_body"),
    "lost": Fault("put", "drop_unstored"),
    "store 500": Fault("put", "status", status=500),
    "reset": Fault("put", "drop", reset=True),
}


def lose_answer(
    upload_function: UploadFunction, prediction_one: PredictionOneStandIn, landed: LandedObject, fault: Fault
) -> str:
    """Have the first attempt lose the store's answer, and return its job's id."""
    prediction_one.add_fault(fault)
    upload_function.queue(eventbridge_event(landed))
    assert not upload_function.take_message()
    return str(upload_function.item_of(landed)["retrain_job_id"])


@pytest.mark.parametrize("fault", LOST_ANSWERS.values(), ids=LOST_ANSWERS)
def test_next_attempt_finds_out_when_the_upload_has_settled(
    upload_function: UploadFunction,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    clock: Clock,
    fault: Fault,
) -> None:
    """The attempt that lost the answer compares nothing; the next one keeps the job or sends the file, once."""
    job_id = lose_answer(upload_function, prediction_one, landed, fault)
    failed, asked = upload_function.item_of(landed), prediction_one.find_requests("status")
    clock.ahead_seconds = SETTLED

    assert upload_function.take_message()

    assert (failed["status"], failed["error_code"], asked) == ("RETRYING", "UPLOAD_OUTCOME_UNKNOWN", [])
    assert upload_function.delays_seconds == [601]
    (upload,) = prediction_one.uploads
    item = upload_function.item_of(landed)
    assert (item["status"], item["retrain_job_id"], item["attempts"]) == ("TRAINING", upload.retrain_job_id, 2)
    assert (upload.retrain_job_id == job_id) == (fault == LOST_ANSWERS["stored, answer lost"])


def test_nobody_compares_before_the_upload_has_settled(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn, clock: Clock
) -> None:
    """A message that comes too early goes back for the rest of the time, and the service is not asked."""
    lose_answer(upload_function, prediction_one, landed, LOST_ANSWERS["lost"])
    before = len(prediction_one.requests)
    clock.ahead_seconds = 300

    assert not upload_function.take_message()

    assert upload_function.item_of(landed)["error_code"] == "UPLOAD_OUTCOME_UNKNOWN"
    assert 299 <= upload_function.delays_seconds[-1] <= 302
    assert len(prediction_one.requests) == before


def test_successor_of_a_dead_attempt_waits_as_long(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn, jobs_table: Table
) -> None:
    """A killed attempt may have sent its last byte when its lease ended."""
    ledger = JobLedger(jobs_table)
    claim = ledger.claim(landed, "an invocation that died", time.time() - 10)
    assert claim
    ledger.record_job_id(claim, "job-of-the-dead")
    upload_function.queue(eventbridge_event(landed))

    assert not upload_function.take_message()

    assert 588 <= upload_function.delays_seconds[-1] <= 592
    assert prediction_one.requests == []


@pytest.mark.usefixtures("clock")
def test_file_that_the_service_notices_late_is_not_sent_twice(
    upload_function: UploadFunction,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A late notice within `SettleMinutes` is waited for, really: here half a second of 0.6."""
    monkeypatch.setenv("SETTLE_MINUTES", "0.01")
    dependencies.cache_clear()
    prediction_one.change_settings(notice_seconds=0.5)
    job_id = lose_answer(upload_function, prediction_one, landed, LOST_ANSWERS["stored, answer lost"])

    wait_for("the outcome", upload_function.take_message)

    assert [upload.retrain_job_id for upload in prediction_one.uploads] == [job_id]
    assert upload_function.item_of(landed)["retrain_job_id"] == job_id


@pytest.fixture
def undecided(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn, clock: Clock
) -> str:
    """Leave an upload whose outcome only a person can find out, and return its job's id."""
    job_id = lose_answer(upload_function, prediction_one, landed, LOST_ANSWERS["lost"])
    clock.ahead_seconds = DECISION_HOURS * 3600 + 1
    prediction_one.change_settings(unused_job_changes_after_seconds=0.001)
    assert upload_function.take_message()
    return job_id


def test_old_upload_is_not_compared_but_shown_to_a_person(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn, undecided: str
) -> None:
    """Its unused job has changed by itself, which would look like an arrival. A repeated event changes nothing."""
    item = upload_function.item_of(landed)

    upload_function.handle(eventbridge_event(landed))

    assert (item["status"], item["error_code"]) == ("RETRYING", "OUTCOME_NEEDS_DECISION")
    assert (item["retrain_job_id"], "given_up_at" in item, "lease_owner" in item) == (undecided, True, False)
    assert undecided in item["error_message"]
    assert prediction_one.find_requests("status") == []
    assert upload_function.item_of(landed) == item


def test_service_that_knows_no_unused_job_leaves_it_to_a_person(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn, clock: Clock
) -> None:
    """There is nothing to compare with, whatever it says about the earlier job."""
    prediction_one.change_settings(knows_unused_jobs=False)
    job_id = lose_answer(upload_function, prediction_one, landed, LOST_ANSWERS["stored, answer lost"])
    clock.ahead_seconds = SETTLED

    assert upload_function.take_message()

    item = upload_function.item_of(landed)
    assert (item["error_code"], item["retrain_job_id"]) == ("OUTCOME_NEEDS_DECISION", job_id)


def decision(landed: LandedObject, **values: object) -> dict[str, object]:
    """Return a person's request."""
    return {"action": "resolve", "object_uri": landed.uri, "object_version": landed.version, **values}


def test_person_says_that_it_arrived(upload_function: UploadFunction, landed: LandedObject, undecided: str) -> None:
    """Its job is followed from now on; an interrupted command may be repeated."""
    answers = [upload_function.handle(decision(landed, arrived=undecided)) for _ in range(2)]

    item = upload_function.item_of(landed)
    assert (item["status"], item["retrain_job_id"], item["open_job"]) == ("TRAINING", undecided, "open")
    assert not {"error_code", "given_up_at", "upload_started_at", "upload_ends_by"} & set(item)
    assert [(answer["status"], answer["retrain_job_id"]) for answer in answers] == [("TRAINING", undecided)] * 2


@pytest.mark.parametrize("commands", [1, 2])
def test_person_has_it_sent_again(
    upload_function: UploadFunction,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    undecided: str,
    commands: int,
) -> None:
    """An event like S3's own is queued, and the claim sees to it that a repeated command sends it once."""
    for _ in range(commands):
        upload_function.handle(decision(landed, send_again=True))

    assert all(upload_function.take_message() for _ in range(commands))

    (upload,) = prediction_one.uploads
    item = upload_function.item_of(landed)
    assert (item["status"], item["retrain_job_id"]) == ("TRAINING", upload.retrain_job_id)
    assert upload.retrain_job_id != undecided


def test_pair_is_sent_again_as_a_pair(
    upload_function: UploadFunction, prediction_one: PredictionOneStandIn, clock: Clock, dataset: Dataset
) -> None:
    """One half's event is enough: its pair is in the table."""
    prediction_one.add_fault(Fault("put", "drop_unstored"))
    upload_function.handle(eventbridge_event(dataset.land("train_src/a.csv")))
    upload_function.queue(eventbridge_event(dataset.land("eval_src/b.csv")))
    first = upload_function.take_message()
    clock.ahead_seconds = DECISION_HOURS * 3600 + 1
    assert upload_function.take_message()
    (pair,) = dataset.items

    upload_function.handle({"action": "resolve", "send_again": True} | {name: pair[name] for name in KEY})

    assert (first, upload_function.take_message()) == (False, True)
    assert (dataset.statuses, [upload.filename for upload in prediction_one.uploads]) == (["TRAINING"], ["データ.zip"])


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "is incomplete"),
        ({"arrived": "job", "send_again": True}, "is incomplete"),
        ({"arrived": ""}, "is incomplete"),
        ({"arrived": "another job"}, "only about its own retrain_job_id"),
        ({"send_again": True, "object_version": "another"}, "has no item"),
        ({"send_again": True, "object_uri": None}, "is incomplete"),
    ],
)
def test_decision_that_does_not_fit_changes_nothing(
    upload_function: UploadFunction, landed: LandedObject, undecided: str, values: dict[str, object], reason: str
) -> None:
    """The answer says why, and how to ask."""
    before = upload_function.item_of(landed)

    with pytest.raises(Exception, match=reason):
        upload_function.handle(decision(landed, **values))

    assert undecided
    assert upload_function.item_of(landed) == before


def test_file_that_waits_for_nobody_is_not_resolved(upload_function: UploadFunction, landed: LandedObject) -> None:
    """Only an undecided item may be: a file that arrived is not sent again."""
    upload_function.handle(eventbridge_event(landed))

    with pytest.raises(Exception, match="is TRAINING of retrain job"):
        upload_function.handle(decision(landed, send_again=True))

"""The switch function: what a person asks for by retrain_job_id, and the reasons why not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import switch_handler
from local.prediction_one import Fault
from retrain.errors import (
    CredentialRejectedError,
    DeletedAtServiceError,
    NewerInServiceError,
    RequestRefusedError,
    RetrainJobNotFinishedError,
    ServiceUnavailableError,
)
from retrain.landing.landed_pair import half_attributes
from retrain.ledger.retrain_job import RetrainJob
from tests.conftest import EVENTS, landed_as
from tests.functional.conftest import API_KEY, Invocation
from tests.functional.tracking.conftest import Tracking, at

UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def three(tracking: Tracking, model: str, model_secret: str) -> list[RetrainJob]:
    """Give three finished jobs of one model, the oldest landing first."""
    assert model_secret
    jobs = [tracking.begin(model, landed_at=at(second)) for second in range(3)]
    tracking.finish(*jobs)
    tracking.run()
    return jobs


def test_finished_job_is_put_into_service(tracking: Tracking, three: list[RetrainJob]) -> None:
    """The answer is the item as JSON, and both tables say who did it and when."""
    answer = tracking.switch(three[1], by="Hanako")

    item = tracking.item(three[1])
    assert json.loads(json.dumps(answer)) == {
        name: int(value) if name in ("attempts", "size_bytes") else value for name, value in item.items()
    }
    assert (item["status"], item["in_service"]) == ("SWITCHED", True)
    assert item["switched_by"] == "switch function (Hanako)"
    assert UTC_TIME.fullmatch(item["switched_at"])
    assert tracking.prediction_one.jobs_in_service == {three[1].model: three[1].retrain_job_id}
    record = tracking.model_item(three[1].model)
    assert record | three[1].key | {"landed_at": three[1].landed_at, "switched_at": item["switched_at"]} == record
    assert "lease_owner" not in record


def test_answer_for_a_pair_is_json_too(tracking: Tracking, three: list[RetrainJob]) -> None:
    """Its item has a map for each half, with a number in it."""
    model = three[0].model
    halves = half_attributes(landed_as(f"{model}/d/{half}_src/a.csv", size_bytes=15241) for half in ("train", "eval"))
    tracking.change(three[0], **halves)

    answer = json.loads(json.dumps(tracking.switch(three[0])))

    assert {half: answer[half] for half in ("train_src", "eval_src")} == halves
    assert answer["train_src"]["size_bytes"] == 15241


def test_newer_job_takes_the_place_of_the_older(tracking: Tracking, three: list[RetrainJob]) -> None:
    """One query tells which file the live model was trained on."""
    tracking.switch(three[0])
    tracking.switch(three[2])

    assert tracking.in_service(three[0].model) == [three[2].retrain_job_id]
    assert tracking.item(three[0])["status"] == "SWITCHED"


def test_item_that_was_deleted_by_hand_does_not_come_back(tracking: Tracking, three: list[RetrainJob]) -> None:
    """For example the live job's: the next switch is still recorded."""
    tracking.switch(three[0])
    tracking.delete(three[0])

    tracking.switch(three[1])

    assert "Item" not in tracking.jobs.get_item(Key=three[0].key, ConsistentRead=True)
    assert tracking.in_service(three[1].model) == [three[1].retrain_job_id]
    assert tracking.model_item(three[1].model)["retrain_job_id"] == three[1].retrain_job_id


def test_older_job_is_refused_unless_forced(tracking: Tracking, three: list[RetrainJob]) -> None:
    """The error says what is live, and how to force the switch."""
    tracking.switch(three[2])

    with pytest.raises(NewerInServiceError, match='"force": true') as refused:
        tracking.switch(three[0])
    before = tracking.requests_for(three[0], "switch")
    tracking.switch(three[0], force=True)

    assert three[2].object_uri in str(refused.value)
    assert before == 0
    assert tracking.in_service(three[0].model) == [three[0].retrain_job_id]
    assert tracking.prediction_one.jobs_in_service[three[0].model] == three[0].retrain_job_id


def test_switching_twice_is_harmless(tracking: Tracking, three: list[RetrainJob]) -> None:
    """The same answer, the same state."""
    tracking.switch(three[1])
    again = tracking.switch(three[1])

    assert (again["status"], again["in_service"]) == ("SWITCHED", True)
    assert tracking.in_service(three[1].model) == [three[1].retrain_job_id]


@pytest.mark.parametrize("status", ["TRAINING", "STALLED", "FAILED", "UPLOADING"])
def test_job_without_results_is_not_switched(tracking: Tracking, job: RetrainJob, status: str) -> None:
    """The service is not even asked."""
    tracking.change(job, status=status)

    with pytest.raises(RequestRefusedError, match=f"is {status}"):
        tracking.switch(job)

    assert tracking.requests_for(job, "switch") == 0
    assert tracking.item(job)["status"] == status


def test_unknown_job_is_told(tracking: Tracking) -> None:
    """With the id that nobody knows."""
    with pytest.raises(RequestRefusedError, match="no-such-job"):
        tracking.switch("no-such-job")


@pytest.mark.parametrize(
    "event",
    [{}, {"retrain_job_id": ""}, {"retrain_job_id": 5}, [], {"retrain_job_id": "x", "force": "false"}],
    ids=["nothing", "empty", "number", "list", "force as text"],
)
@pytest.mark.usefixtures("tracking")
def test_event_that_asks_for_nothing_is_refused(event: Any) -> None:
    """By saying what to ask with."""
    with pytest.raises(RequestRefusedError):
        switch_handler.handler(event, Invocation("id", 300))


def test_sample_event_is_understood(tracking: Tracking) -> None:
    """It names a job that is not here."""
    event = json.loads((EVENTS / "switch_by_hand.json").read_text())

    with pytest.raises(RequestRefusedError, match=event["retrain_job_id"]):
        tracking.switch(event.pop("retrain_job_id"), **event)


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("switch", "status", status=503, times=None), ServiceUnavailableError),
        (Fault("switch", "status", status=400, message="Retrain job is not finished."), RetrainJobNotFinishedError),
        (Fault("switch", "status", status=400, message="Not found classifier."), DeletedAtServiceError),
    ],
    ids=["503", "not finished there", "classifier deleted"],
)
def test_refusal_of_the_service_is_raised_and_can_be_repeated_at_once(
    tracking: Tracking, three: list[RetrainJob], fault: Fault, error: type[Exception]
) -> None:
    """Nothing is recorded, and the model is given back."""
    tracking.switch(three[0])
    tracking.prediction_one.add_fault(fault)

    with pytest.raises(error):
        tracking.switch(three[1])
    between = tracking.in_service(three[0].model)
    tracking.prediction_one.clear_faults()
    tracking.switch(three[1])

    assert between == [three[0].retrain_job_id]
    assert tracking.in_service(three[0].model) == [three[1].retrain_job_id]


def test_refused_key_is_raised_without_the_key(tracking: Tracking, three: list[RetrainJob]) -> None:
    """It names the secret."""
    tracking.prediction_one.expire_key(API_KEY)

    with pytest.raises(CredentialRejectedError, match=f"prediction-one/{three[0].model}") as refused:
        tracking.switch(three[0])

    assert API_KEY not in str(refused.value)

"""An attempt that died is taken over when its lease has ended, and its upload is neither lost nor repeated."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests

from local.prediction_one import Fault, PredictionOneStandIn
from retrain.errors import ServiceUnavailableError
from retrain.landing.landed_object import LandedObject
from retrain.ledger.attempts import JobLedger
from retrain.prediction_one.api import PredictionOne
from tests.conftest import eventbridge_event
from tests.functional.conftest import API_KEY, CSV, LandingBucket
from tests.functional.uploading.conftest import UploadFunction

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

pytestmark = pytest.mark.usefixtures("model_secret", "no_secret_in_output", "pauses")

LONG_AGO_SECONDS = 700
"""Before now: so an upload of then has settled."""


def _die_while_uploading(
    jobs_table: Table, landed: LandedObject, prediction_one: PredictionOneStandIn, *, stored: bool
) -> str:
    """Leave behind what an attempt leaves that was killed: an item in UPLOADING whose lease has ended."""
    target = PredictionOne(prediction_one.base_url).request_upload_url(API_KEY, landed.filename)
    ledger = JobLedger(jobs_table)
    claim = ledger.claim(landed, "an invocation that died", time.time() - LONG_AGO_SECONDS)
    assert claim
    ledger.record_job_id(claim, target.retrain_job_id)
    if stored:
        requests.put(target.upload_url, data=CSV, timeout=5).raise_for_status()
    return target.retrain_job_id


@pytest.mark.parametrize("stored", [True, False])
def test_upload_of_a_dead_attempt_is_found_out_about(
    upload_function: UploadFunction,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    jobs_table: Table,
    *,
    stored: bool,
) -> None:
    """The two jobs' statuses differ if it arrived: then its job stands; otherwise the file is sent, once."""
    dead_job_id = _die_while_uploading(jobs_table, landed, prediction_one, stored=stored)

    upload_function.handle(eventbridge_event(landed))

    (upload,) = prediction_one.uploads
    item = upload_function.item_of(landed)
    assert (item["status"], item["retrain_job_id"]) == ("TRAINING", upload.retrain_job_id)
    assert (upload.retrain_job_id == dead_job_id) == stored


def test_job_that_the_service_forgot_is_sent_again(
    upload_function: UploadFunction,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    jobs_table: Table,
) -> None:
    """A job that is not known trains nothing, so nothing is repeated."""
    ledger = JobLedger(jobs_table)
    claim = ledger.claim(landed, "an invocation that died", time.time() - LONG_AGO_SECONDS)
    assert claim
    ledger.record_job_id(claim, "job-that-nobody-knows")

    upload_function.handle(eventbridge_event(landed))

    assert len(prediction_one.uploads) == 1
    assert upload_function.item_of(landed)["status"] == "TRAINING"


def test_running_attempt_is_waited_for(
    upload_function: UploadFunction,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    jobs_table: Table,
) -> None:
    """Its message comes again when the other must have ended, and nothing of the other's is touched."""
    JobLedger(jobs_table).claim(landed, "another invocation", time.time() + 500)
    upload_function.queue(eventbridge_event(landed))

    assert not upload_function.take_message()

    (delay_seconds,) = upload_function.delays_seconds
    assert 490 < delay_seconds <= 502
    assert upload_function.item_of(landed)["lease_owner"] == "another invocation"
    assert prediction_one.requests == []


def test_nothing_is_decided_while_the_service_is_down(
    upload_function: UploadFunction,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    jobs_table: Table,
) -> None:
    """The job's id stays in the record for an attempt that can resolve it."""
    dead_job_id = _die_while_uploading(jobs_table, landed, prediction_one, stored=True)
    prediction_one.go_down()
    upload_function.queue(eventbridge_event(landed))

    assert not upload_function.take_message()
    prediction_one.come_back()
    assert upload_function.take_message()

    assert [upload.retrain_job_id for upload in prediction_one.uploads] == [dead_job_id]
    assert upload_function.item_of(landed)["retrain_job_id"] == dead_job_id


def test_job_that_certainly_got_nothing_is_forgotten_even_if_the_service_goes_down_then(
    upload_function: UploadFunction,
    landing_bucket: LandingBucket,
    model: str,
    prediction_one: PredictionOneStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that no later attempt compares a job that has aged."""
    landed = landing_bucket.land(f"{model}/large.csv", CSV * 2000)
    prediction_one.add_fault(Fault("put", "drop", at="mid_body", after_bytes=1000))
    monkeypatch.setattr("retrain.uploading.upload._pause", lambda *_: prediction_one.go_down())

    with pytest.raises(ServiceUnavailableError):
        upload_function.handle(eventbridge_event(landed))

    item = upload_function.item_of(landed)
    assert item["status"] == "RETRYING"
    assert "retrain_job_id" not in item

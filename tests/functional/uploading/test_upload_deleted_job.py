"""An upload of unknown outcome whose job was deleted at the service is not given up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from local.prediction_one import PredictionOneStandIn
from retrain.landing.landed_object import LandedObject
from retrain.ledger.attempts import JobLedger
from retrain.prediction_one.api import PredictionOne
from tests.conftest import eventbridge_event
from tests.functional.conftest import API_KEY, UploadFunction

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@pytest.mark.usefixtures("model_secret", "pauses")
def test_job_that_was_deleted_at_the_service_is_sent_anew(
    upload_function: UploadFunction, landed: LandedObject, prediction_one: PredictionOneStandIn, jobs_table: Table
) -> None:
    """A deleted job trains nothing, just as one that is not known."""
    target = PredictionOne(prediction_one.base_url).request_upload_url(API_KEY, landed.filename)
    ledger = JobLedger(jobs_table)
    claim = ledger.claim(landed, "an invocation that died", time.time() - 10)
    assert claim
    ledger.record_job_id(claim, target.retrain_job_id)
    prediction_one.delete_job(target.retrain_job_id)

    upload_function.handle(eventbridge_event(landed))

    assert upload_function.item_of(landed)["status"] == "TRAINING"
    assert len(prediction_one.uploads) == 1

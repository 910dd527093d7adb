"""Whatever is sent to the switch function is refused, and whatever the service says about a job is recorded safely."""

from __future__ import annotations

from typing import Any

import pytest

import switch_handler
from local.prediction_one import Fault
from retrain.ledger.retrain_job import RetrainJob
from tests.functional.conftest import API_KEY
from tests.functional.tracking.conftest import Tracking
from tests.hostile.corpus import outcomes, refusal_of, requests_to

REQUESTS = requests_to("switch")


def test_every_request_is_refused(tracking: Tracking) -> None:
    """The service is not called."""

    def outcome_of(given: dict[str, Any]) -> str:
        return refusal_of(switch_handler.handler, given["event"], most_characters=3000)

    assert outcomes(REQUESTS, outcome_of) == {}
    assert tracking.prediction_one.requests == []


@pytest.mark.parametrize("by", ["a\r\nb", "\u202eeve", "\ud800", "x" * 100_000], ids=ascii)
def test_name_of_who_switches_is_one_short_line(tracking: Tracking, job: RetrainJob, by: str) -> None:
    """It is in the table, in e-mails and on the page."""
    tracking.finish(job)
    tracking.run()

    answer = tracking.switch(job, by=by)

    assert answer["switched_by"].isprintable()
    assert len(answer["switched_by"]) < 1300


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"status": "a", "message": ' + "[" * 900 + "]" * 900 + "}", "a"),
        ('{"status": "a", "message": "' + "x" * 500_000 + '"}', "a"),
        ('{"status": "a", "message": NaN, "model_id": 1e999}', "a"),
        ('{"status": "a", "message": {"\\ud800": "\\udfff"}, "model_id": "\\ud800"}', "a"),
        ('{"status": "a\\r\\n\\u202eb"}', "a\\u000d\\u000a\\u202eb"),
        (f'{{"status": "a", "message": "the key {API_KEY} was used"}}', "a"),
        ('{"status": "a", "message": "get http://x/?X-Amz-1", "download_url": "http://x/?X-Amz-1"}', "a"),
        ('{"status": "a", "download_url": {"X-Amz-": 1}}', "a"),
    ],
    ids=["deep", "long", "no numbers", "surrogates", "hidden", "key", "URL", "URL is a map"],
)
def test_hostile_status_is_recorded_safely(tracking: Tracking, job: RetrainJob, body: str, status: str) -> None:
    """As short text without a key or a URL: `no_secret_anywhere` looks for both after every test."""
    tracking.prediction_one.add_fault(Fault("status", "status", status=200, body=body))

    tracking.run()

    item = tracking.item(job)
    assert (item["status"], item["service_status"]) == ("TRAINING", status)
    assert len(str(item)) < 10_000
    assert str(item.get("service_message", "")).isprintable()

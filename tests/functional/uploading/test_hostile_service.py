"""The upload function and a service, or a store, that sends anything: an item with the reason, and no secret in it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from retrain.ledger.status import Status
from tests.conftest import eventbridge_event
from tests.examples import IN_SOAK
from tests.functional.conftest import API_KEY, CSV, LandingBucket
from tests.functional.uploading.conftest import UploadFunction
from tests.hostile.answers import DAMAGED, ENDLESS, GIVEN_JOB, JSON_BODIES, USED, Answer, with_body
from tests.hostile.corpus import MIB, Entry, memory_below, outcomes
from tests.hostile.server import HostileServer
from tests.hostile.urls import URLS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

pytestmark = pytest.mark.usefixtures("no_secret_in_output", "pauses", "model_secret")

SIGNATURE = "X-Amz-Signature=5ec4e7"


@pytest.fixture
def service(upload_function: UploadFunction, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    """Run a service in the place of the stand-in; the function waits for its answers for a moment only."""
    assert upload_function
    monkeypatch.setattr("retrain.prediction_one.api.TIMEOUT_SECONDS", (5, 0.3))
    monkeypatch.setattr("retrain.prediction_one.put.TIMEOUT_SECONDS", (5, 0.3))
    with HostileServer() as running:
        monkeypatch.setenv("PREDICTION_ONE_API_URL", running.url)
        yield running


def _outcome_of_a_file(upload_function: UploadFunction, bucket: LandingBucket, model: str) -> str:
    """Land a file, deliver its event once, and return the error code that its item has."""
    landed = bucket.land(f"{model}/{uuid.uuid4().hex}.csv", CSV)
    upload_function.queue(eventbridge_event(landed))
    upload_function.take_message()
    upload_function.lose_messages()
    item = upload_function.item_of(landed)
    assert item["status"] == Status.RETRYING
    return str(item["error_code"])


def _no_secret_in(jobs_table: Table, model: str) -> bool:
    items = [item for item in jobs_table.scan()["Items"] if item.get("model") == model]
    return bool(items) and not any(secret in str(items) for secret in (API_KEY, SIGNATURE))


def test_every_answer_of_the_service_has_its_outcome(
    upload_function: UploadFunction,
    service: HostileServer,
    landing_bucket: LandingBucket,
    jobs_table: Table,
    model: str,
) -> None:
    """The file is tried again later, and its item says why."""

    def outcome_of(answer: Answer) -> str:
        service.answer = lambda: answer.pieces(service)
        return _outcome_of_a_file(upload_function, landing_bucket, model)

    answers = {**DAMAGED, **JSON_BODIES, "endless 503": ENDLESS["endless 503"]}
    wrong = {name: answer for name, answer in answers.items() if answer.outcome != USED}
    assert outcomes([Entry(name, answer, answer.outcome) for name, answer in wrong.items()], outcome_of) == {}
    assert _no_secret_in(jobs_table, model)


def test_every_upload_url_has_its_outcome(
    upload_function: UploadFunction,
    service: HostileServer,
    landing_bucket: LandingBucket,
    jobs_table: Table,
    model: str,
) -> None:
    """The service here is local, so that a URL may be, too: none of these leads to a store."""

    def outcome_of(url: str) -> str:
        fields: dict[str, Any] = {"retrain_job_id": GIVEN_JOB, "upload_url": f"{url}?{SIGNATURE}"}
        service.answer = lambda: [with_body(json.dumps(fields))]
        code = _outcome_of_a_file(upload_function, landing_bucket, model)
        return "recorded" if code.startswith("UPLOAD_") else code

    urls = [Entry(why, url, "recorded") for url, why in URLS.items() if len(url) < MIB]
    assert outcomes(urls if IN_SOAK else urls[::4], outcome_of) == {}
    assert _no_secret_in(jobs_table, model)


def test_store_without_an_end_takes_little_memory(
    upload_function: UploadFunction,
    service: HostileServer,
    landing_bucket: LandingBucket,
    jobs_table: Table,
    model: str,
) -> None:
    """Its refusal never ends; the function has read enough of it."""

    def answer() -> Iterator[bytes]:
        if service.requests[-1].startswith(b"PUT"):
            yield from (piece.replace(b"200 OK", b"403 No") for piece in ENDLESS["endless, in chunks"].pieces(service))
        else:
            fields = {"retrain_job_id": GIVEN_JOB, "upload_url": f"{service.url}/?{SIGNATURE}"}
            yield with_body(json.dumps(fields))

    service.answer = answer

    with memory_below(32 * MIB):
        assert _outcome_of_a_file(upload_function, landing_bucket, model) == "UPLOAD_REFUSED"
    assert _no_secret_in(jobs_table, model)

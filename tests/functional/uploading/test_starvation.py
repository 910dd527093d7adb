"""A model that cannot be served costs the others next to nothing, however many of its files wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from local.prediction_one import Fault, PredictionOneStandIn
from retrain.uploading.circuit_breaker import FIRST_PAUSE_SECONDS
from tests.conftest import eventbridge_event, in_sqs
from tests.functional.conftest import API_KEY, CSV, Clock, LandingBucket
from tests.functional.uploading.conftest import UploadFunction
from upload_handler import dependencies

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

pytestmark = pytest.mark.usefixtures("model_secret", "no_secret_in_output")

FILES = 20


@pytest.fixture
def attempt(upload_function: UploadFunction, landing_bucket: LandingBucket, model: str) -> Callable[[int], str]:
    """Give a function that lands a file, attempts it once, and returns its item's `error_code`, or its status."""

    def attempt(number: int) -> str:
        landed = landing_bucket.land(f"{model}/{number}.csv", CSV)
        upload_function.handle(in_sqs(eventbridge_event(landed)))
        item = upload_function.item_of(landed)
        return str(item.get("error_code", item["status"]))

    return attempt


@pytest.mark.usefixtures("clock")
def test_refused_key_costs_one_call_for_all_files_of_a_minute(
    upload_function: UploadFunction, prediction_one: PredictionOneStandIn, attempt: Callable[[int], str]
) -> None:
    """And no read from S3: only the secret is looked at."""
    prediction_one.revoke_key(API_KEY)

    codes = [attempt(number) for number in range(FILES)]

    assert set(codes) == {"API_KEY_REJECTED"}
    assert len(prediction_one.requests) == 1
    assert [call for call, _ in upload_function.calls].count("GetObject") == 1


@pytest.mark.usefixtures("clock")
def test_new_key_is_tried_at_once(
    prediction_one: PredictionOneStandIn,
    attempt: Callable[[int], str],
    secrets: SecretsManagerClient,
    model_secret: str,
    model: str,
) -> None:
    """Nobody who has stored a key waits for a minute to pass."""
    prediction_one.revoke_key(API_KEY)
    before = attempt(0)

    secrets.put_secret_value(SecretId=model_secret, SecretString=prediction_one.issue_key(model))

    assert (before, attempt(1)) == ("API_KEY_REJECTED", "TRAINING")


def test_refused_key_is_tried_again_after_a_minute(
    prediction_one: PredictionOneStandIn, attempt: Callable[[int], str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service may have refused it by mistake."""
    monkeypatch.setattr("retrain.keys.api_keys.time", clock)
    prediction_one.add_fault(Fault("upload_url", "status", status=403, message="invalid_api_key."))

    codes = [attempt(0), attempt(1)]
    clock.ahead_seconds = 61

    assert [*codes, attempt(2)] == ["API_KEY_REJECTED", "API_KEY_REJECTED", "TRAINING"]


@pytest.fixture
def hanging(
    upload_function: UploadFunction, prediction_one: PredictionOneStandIn, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> PredictionOneStandIn:
    """Give a service that does not answer for the model, to a function that waits a fifth of a second for an answer."""
    assert upload_function
    monkeypatch.setattr("retrain.prediction_one.api.TIMEOUT_SECONDS", (5, 0.2))
    monkeypatch.setattr(dependencies().breaker, "_clock", clock.time)
    prediction_one.add_fault(Fault("upload_url", "slow", delay_seconds=60))
    return prediction_one


def test_model_that_hangs_is_called_once_for_all_files_of_a_minute(
    hanging: PredictionOneStandIn, attempt: Callable[[int], str], clock: Clock
) -> None:
    """Each call that times out holds a place of the function for half a minute. A second call would have succeeded."""
    codes = [attempt(number) for number in range(FILES)]
    clock.ahead_seconds = FIRST_PAUSE_SECONDS + 1
    after_the_pause = attempt(FILES)

    assert (set(codes), hanging.faults) == ({"SERVICE_UNAVAILABLE"}, [])
    assert after_the_pause == "TRAINING"

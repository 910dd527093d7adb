"""A model with a missing or refused key raises an alarm, waits, and resumes automatically when the secret is fixed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from local.prediction_one import PredictionOneStandIn
from retrain.landing.landed_object import LandedObject
from tests.conftest import eventbridge_event
from tests.functional.conftest import API_KEY, SECRET_PREFIX
from tests.functional.uploading.conftest import UploadFunction

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

WITHDRAWALS: dict[str, Callable[[PredictionOneStandIn], None]] = {
    "expired": lambda service: service.expire_key(API_KEY),
    "revoked": lambda service: service.revoke_key(API_KEY),
    "deleted": lambda service: service.delete_key(API_KEY),
}


@pytest.fixture
def store_new_key(
    prediction_one: PredictionOneStandIn, secrets: SecretsManagerClient, model_secret: str, model: str
) -> Callable[[], object]:
    """Issue another API key for the model and store it in the model's secret."""
    return lambda: secrets.put_secret_value(SecretId=model_secret, SecretString=prediction_one.issue_key(model))


@pytest.mark.parametrize("withdrawal", WITHDRAWALS)
def test_refused_key_delays_the_file_until_a_new_one_is_stored(
    upload_function: UploadFunction,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    store_new_key: Callable[[], object],
    withdrawal: str,
) -> None:
    """The warm function has the old key in its cache, and still finds the new one."""
    WITHDRAWALS[withdrawal](prediction_one)
    upload_function.queue(eventbridge_event(landed))

    assert not upload_function.take_message()
    failed = upload_function.item_of(landed)
    store_new_key()
    assert upload_function.take_message()

    assert (failed["status"], failed["error_code"]) == ("RETRYING", "API_KEY_REJECTED")
    assert upload_function.item_of(landed)["status"] == "TRAINING"
    assert len(prediction_one.uploads) == 1


def test_missing_secret_delays_the_file_until_it_is_created(
    upload_function: UploadFunction,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    secrets: SecretsManagerClient,
) -> None:
    """A new model's file may land before its secret is there."""
    upload_function.queue(eventbridge_event(landed))

    assert not upload_function.take_message()
    failed = upload_function.item_of(landed)
    secrets.create_secret(Name=f"{SECRET_PREFIX}/{landed.model}", SecretString=json.dumps({"api_key": API_KEY}))
    assert upload_function.take_message()

    assert (failed["status"], failed["error_code"]) == ("RETRYING", "API_KEY_UNAVAILABLE")
    assert f"{SECRET_PREFIX}/{landed.model}" in failed["error_message"]
    assert upload_function.item_of(landed)["status"] == "TRAINING"
    assert len(prediction_one.uploads) == 1


def test_rotation_is_noticed_within_the_attempt(
    upload_function: UploadFunction,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    store_new_key: Callable[[], object],
) -> None:
    """The old key was cached, is refused, and the new one is already in the secret: no retry is needed."""
    upload_function.handle(eventbridge_event(landed))
    prediction_one.revoke_key(API_KEY)
    store_new_key()
    landed_again = replace(landed, version_id=None)

    upload_function.handle(eventbridge_event(landed_again))

    assert len(prediction_one.uploads) == 2


@pytest.mark.usefixtures("model_secret")
def test_refused_key_raises_the_alarm_metrics(
    upload_function: UploadFunction,
    landed: LandedObject,
    prediction_one: PredictionOneStandIn,
    stdout: Callable[[], list[dict[str, Any]]],
) -> None:
    """At once, in total and by model; the key itself is nowhere in the output."""
    prediction_one.revoke_key(API_KEY)
    upload_function.queue(eventbridge_event(landed))

    upload_function.take_message()

    lines = stdout()
    (by_model,) = [line for line in lines if "CredentialRejectionsByModel" in line]
    (total,) = [line for line in lines if "CredentialRejections" in line]
    assert (by_model["model"], by_model["CredentialRejectionsByModel"]) == (landed.model, [1])
    assert total["CredentialRejections"] == [1]
    assert API_KEY not in json.dumps(lines)

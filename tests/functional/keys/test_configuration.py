"""A rotation that does not begin at once passes its test: Secrets Manager runs testSecret alone then."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from local.prediction_one import PredictionOneStandIn
from local.rotation import staged_to_be_tested
from retrain.errors import ApiKeyUnavailableError, CredentialRejectedError, SecretKeyUnusableError
from tests.functional.conftest import API_KEY
from tests.functional.keys.conftest import RotatingSecret

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

pytestmark = pytest.mark.usefixtures("no_key_in_output")

WITH_AND_WITHOUT_VALUE = pytest.mark.parametrize("with_value", [True, False], ids=["with a value", "without"])
"""AWS does not document which."""


@pytest.fixture
def secret(secret: RotatingSecret) -> RotatingSecret:
    """Give a model's secret whose rotation is on; none has begun."""
    secret.secrets.update_secret_version_stage(
        SecretId=secret.name, VersionStage="AWSPENDING", RemoveFromVersionId=secret.token
    )
    return secret


def check(secret: RotatingSecret, *, with_value: bool) -> None:
    """Do what `rotate-secret --no-rotate-immediately` does."""
    with staged_to_be_tested(secret.aws, secret.name, with_value=with_value) as token:
        replace(secret, token=token).take("testSecret")


@pytest.mark.usefixtures("account")
@WITH_AND_WITHOUT_VALUE
def test_key_that_is_there_is_tested(
    secret: RotatingSecret,
    prediction_one: PredictionOneStandIn,
    model: str,
    stdout: Callable[[], list[dict[str, Any]]],
    *,
    with_value: bool,
) -> None:
    """The pending one or, if that version has no value, the current one; the log says which."""
    check(secret, with_value=with_value)

    assert [request.model for request in prediction_one.find_requests("status")] == [model]
    pending, current = "The pending API key works", "There is no pending API key yet; the current one works"
    assert (pending if with_value else current) in [line.get("message") for line in stdout()]


@pytest.mark.usefixtures("account")
@WITH_AND_WITHOUT_VALUE
def test_model_without_a_key_passes(
    secret: RotatingSecret,
    prediction_one: PredictionOneStandIn,
    model: str,
    stdout: Callable[[], list[dict[str, Any]]],
    *,
    with_value: bool,
) -> None:
    """A new model: its rotation is set up before its first key, which the first rotation issues."""
    secret.store(json.dumps({"model_id": model}))

    check(secret, with_value=with_value)

    assert prediction_one.requests == []
    assert "There is no API key to test yet; the first rotation issues it" in [line.get("message") for line in stdout()]


@pytest.mark.usefixtures("account")
@WITH_AND_WITHOUT_VALUE
def test_check_changes_nothing(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, model: str, *, with_value: bool
) -> None:
    """No key is issued, and none becomes current."""
    check(secret, with_value=with_value)

    assert prediction_one.issued_keys(model) == [API_KEY]
    assert secret.value()["api_key"] == API_KEY


@pytest.mark.usefixtures("account")
@WITH_AND_WITHOUT_VALUE
def test_refused_key_fails_with_what_to_do(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, *, with_value: bool
) -> None:
    """The person who sets the rotation up learns that the model's key does not work."""
    prediction_one.revoke_key(API_KEY)

    with pytest.raises(CredentialRejectedError, match=f"rotate-secret --secret-id {secret.name}"):
        check(secret, with_value=with_value)


@pytest.mark.usefixtures("account")
def test_missing_model_id_fails_the_check(secret: RotatingSecret) -> None:
    """It would fail the first rotation, days later."""
    secret.store(json.dumps({"api_key": API_KEY}))

    with pytest.raises(ApiKeyUnavailableError, match="no model_id"):
        check(secret, with_value=False)


@pytest.mark.parametrize("stored", [None, {"other": "5ec4e7"}], ids=["no secret", "no Secret Key in it"])
def test_missing_secret_key_fails_the_check(
    secret: RotatingSecret, secrets: SecretsManagerClient, prefix: str, stored: dict[str, str] | None
) -> None:
    """It would fail the first rotation, days later."""
    if stored is not None:
        secrets.create_secret(Name=f"{prefix}/_account", SecretString=json.dumps(stored))

    with pytest.raises(SecretKeyUnusableError, match=f"{prefix}/_account"):
        check(secret, with_value=False)

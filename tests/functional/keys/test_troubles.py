"""What can go wrong in a rotation: the live key is untouched, the reason is clear, and no key is in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.prediction_one import Fault, PredictionOneStandIn
from retrain.errors import (
    ApiKeyUnavailableError,
    CredentialRejectedError,
    DeletedAtServiceError,
    PredictionOneError,
    RotationRefusedError,
    SecretKeyUnusableError,
    SecretsUnavailableError,
    ServiceUnavailableError,
    UnexpectedAnswerError,
)
from retrain.keys.rotation import UNKNOWN_JOB_ID
from tests.functional.conftest import API_KEY, shown_text
from tests.functional.keys.conftest import SECRET_KEY, RotatingSecret

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

pytestmark = pytest.mark.usefixtures("no_key_in_output")


@pytest.mark.parametrize(
    "stored",
    [
        {"secret_key": "5ec4e7-wrong"},
        {"secret_key": "5ec4e7\r\nx-injected: 1"},
        {"secret_key": "5ec4e7ペンギン"},
        {"secret_key": 547},
        {"other": "5ec4e7"},
        ["5ec4e7"],
    ],
)
def test_useless_account_secret_is_named_and_not_shown(
    secret: RotatingSecret, secrets: SecretsManagerClient, prefix: str, stored: Any
) -> None:
    """The reason speaks of the account's Secret Key, and the model's live key is as it was."""
    secrets.create_secret(Name=f"{prefix}/_account", SecretString=json.dumps(stored))

    with pytest.raises(SecretKeyUnusableError, match=f"{prefix}/_account") as refusal:
        secret.take("createSecret")

    assert "5ec4e7" not in shown_text(refusal.value)
    assert secret.value()["api_key"] == API_KEY
    assert secret.labels()[secret.token] == ["AWSPENDING"]


def test_missing_account_secret_is_named(secret: RotatingSecret, prefix: str) -> None:
    """The text says what to create."""
    with pytest.raises(SecretKeyUnusableError, match=rf"{prefix}/_account \(ResourceNotFound.*Store .*secret_key"):
        secret.take("createSecret")


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "text",
    ["5ec4e7-bare-key", '{"api_key": "5ec4e7"}', '{"api_key": "5ec4e7", "model_id": ""}', "[]", '{"model_id": true}'],
)
def test_secret_without_a_model_id_is_named_and_not_shown(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, model: str, text: str
) -> None:
    """No key can be issued for it, and none is; the text says what to store."""
    secret.store(text)

    with pytest.raises(ApiKeyUnavailableError, match=f"{secret.name} has no model_id.*Store") as refusal:
        secret.take("createSecret")

    assert "5ec4e7" not in shown_text(refusal.value)
    assert prediction_one.issued_keys(model) == [API_KEY]


@pytest.mark.usefixtures("account")
def test_deleted_model_is_the_service_s_last_word(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """Its key stays as it is."""
    prediction_one.delete_model(model)

    with pytest.raises(DeletedAtServiceError, match="This model may be deleted"):
        secret.take("createSecret")

    assert secret.value()["api_key"] == API_KEY


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("kind", ["status", "drop", "garbage", "redirect"])
def test_call_that_issues_keys_is_not_repeated_automatically(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, kind: Any
) -> None:
    """A lost answer may have been a key: Secrets Manager decides when to try again."""
    prediction_one.add_fault(Fault("api_key", kind, times=None))

    with pytest.raises(PredictionOneError) as failure:
        secret.take("createSecret")

    assert len(prediction_one.find_requests("api_key")) == 1
    assert SECRET_KEY not in shown_text(failure.value)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("end_date", [None, 1798761600, {"a": []}, "いつか", ""])
def test_end_date_is_stored_as_it_came(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, end_date: Any
) -> None:
    """Whatever it is, it is no reason to lose a key that was issued."""
    body = json.dumps({"api_key": "5ec4e7-odd", "end_date": end_date})
    prediction_one.add_fault(Fault("api_key", "status", status=200, body=body, content_type="application/json"))

    secret.take("createSecret")

    assert (secret.value("AWSPENDING")["api_key"], secret.value("AWSPENDING")["end_date"]) == ("5ec4e7-odd", end_date)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("api_key", ["", "5ec4e7 with spaces", "5ec4e7\nx-injected: 1", 547])
def test_key_that_no_header_can_carry_is_not_stored(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, api_key: Any
) -> None:
    """The exception about it would quote it."""
    body = json.dumps({"api_key": api_key, "end_date": "x"})
    prediction_one.add_fault(Fault("api_key", "status", status=200, body=body, content_type="application/json"))

    with pytest.raises(UnexpectedAnswerError) as refusal:
        secret.take("createSecret")

    assert "5ec4e7" not in shown_text(refusal.value)
    assert secret.labels()[secret.token] == ["AWSPENDING"]


@pytest.mark.usefixtures("account")
def test_refused_pending_key_is_not_promoted(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """Somebody may have issued another key since; the text says how to start again."""
    secret.take("createSecret")
    prediction_one.revoke_key(prediction_one.issued_keys(model)[-1])

    with pytest.raises(CredentialRejectedError, match=f"--remove-from-version-id {secret.token}"):
        secret.take("testSecret")

    assert secret.value()["api_key"] == API_KEY


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("status", "status", status=503), ServiceUnavailableError),
        (Fault("status", "drop"), ServiceUnavailableError),
        (Fault("status", "status", status=400, message="This user may be deleted."), DeletedAtServiceError),
        (Fault("status", "status", status=403), UnexpectedAnswerError),
        (Fault("status", "status", status=200, body='{"status": "training"}'), UnexpectedAnswerError),
    ],
    ids=["503", "no answer", "deleted", "403", "a job that cannot exist"],
)
def test_anything_else_proves_nothing(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, fault: Fault, expected: type[Exception]
) -> None:
    """The step fails, and passes when it is taken again."""
    secret.take("createSecret")
    prediction_one.add_fault(fault)

    with pytest.raises(expected):
        secret.take("testSecret")
    secret.take("testSecret")

    paths = [request.retrain_job_id for request in prediction_one.find_requests("status")]
    assert paths == [UNKNOWN_JOB_ID, UNKNOWN_JOB_ID]
    assert prediction_one.uploads == []


@pytest.mark.parametrize("name", ["_account", "_other", "a/b"])
def test_secret_of_no_model_is_refused(
    secret: RotatingSecret, secrets: SecretsManagerClient, prefix: str, name: str
) -> None:
    """The account's own secret above all."""
    other = f"{prefix}/{name}"
    secrets.create_secret(Name=other, SecretString=json.dumps({"secret_key": SECRET_KEY, "model_id": "1"}))
    version = secrets.rotate_secret(SecretId=other, RotationRules={"AutomaticallyAfterDays": 14})["VersionId"]

    with pytest.raises(RotationRefusedError, match=f"{other} is not the secret of a model"):
        secret.take("createSecret", SecretId=other, ClientRequestToken=version)


@pytest.mark.usefixtures("account")
def test_unreachable_secrets_manager_is_said(secret: RotatingSecret, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not boto's text, but what was not done, and that it is retried."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    text = r"did not describe .*EndpointConnectionError.*retried automatically"
    with pytest.raises(SecretsUnavailableError, match=text):
        secret.take("createSecret")

"""A key that is refused in the middle of a rotation: whatever the moment, the new one is found."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from aws_lambda_powertools.utilities.parameters import SecretsProvider

from retrain.errors import ApiKeyUnavailableError, CredentialRejectedError
from retrain.keys.api_keys import ApiKeys
from tests.functional.conftest import API_KEY, SECRET_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

NEW_KEY = "5ec4e7-new-key"
TOKEN = "7d1c1c1e-0000-4000-8000-000000000001"


@dataclass
class RotatingModel:
    """A model in the middle of a rotation whose service has revoked the old key already."""

    secrets: SecretsManagerClient
    name: str
    asked_with: list[str] = field(default_factory=list)

    def store_pending(self, text: str | None = None) -> None:
        """Take the step createSecret."""
        value = text or json.dumps({"api_key": NEW_KEY})
        self.secrets.put_secret_value(
            SecretId=self.name, ClientRequestToken=TOKEN, SecretString=value, VersionStages=["AWSPENDING"]
        )

    def promote(self) -> None:
        """Take the step finishSecret."""
        self.secrets.put_secret_value(SecretId=self.name, SecretString=json.dumps({"api_key": NEW_KEY}))

    def request(self, api_key: str) -> str:
        """Answer to the new key alone."""
        self.asked_with.append(api_key)
        if api_key != NEW_KEY:
            raise CredentialRejectedError("refused")
        return "answer"


@pytest.fixture
def rotating(secrets: SecretsManagerClient, model_secret: str) -> RotatingModel:
    """Give a model whose secret holds the old key."""
    return RotatingModel(secrets, model_secret)


@pytest.fixture
def keys(secrets: SecretsManagerClient) -> ApiKeys:
    """Give a reader whose cache is empty."""
    return ApiKeys(SecretsProvider(boto3_client=secrets), SECRET_PREFIX)


def test_pending_key_is_tried(keys: ApiKeys, rotating: RotatingModel, model: str) -> None:
    """The old key is still AWSCURRENT."""
    rotating.store_pending()

    answers = [keys.call(model, rotating.request) for _ in range(2)]

    assert answers == ["answer", "answer"]
    assert rotating.asked_with == [API_KEY, NEW_KEY] * 2


@pytest.mark.parametrize("pending", ["dead-key", '{"model_id": 5}', "with spaces"])
def test_useless_pending_version_does_not_hide_the_current_key(
    keys: ApiKeys, rotating: RotatingModel, model: str, pending: str
) -> None:
    """A rotation that failed may leave anything behind."""
    keys.call(model, lambda api_key: api_key)
    rotating.store_pending(pending)
    rotating.promote()

    assert keys.call(model, rotating.request) == "answer"


def test_useless_pending_version_is_forgotten(keys: ApiKeys, rotating: RotatingModel, model: str) -> None:
    """However often the only key was refused meanwhile, a key that is stored later is found at once."""
    rotating.store_pending("with spaces")
    for _ in range(3):
        with pytest.raises(CredentialRejectedError):
            keys.call(model, rotating.request)

    rotating.promote()

    assert keys.call(model, rotating.request) == "answer"


def test_model_without_a_key_is_told_how_to_get_one(keys: ApiKeys, secrets: SecretsManagerClient, model: str) -> None:
    """Its secret names its model_id, but its first rotation has not come yet."""
    secrets.create_secret(Name=f"{SECRET_PREFIX}/{model}", SecretString=json.dumps({"model_id": "1001"}))

    with pytest.raises(ApiKeyUnavailableError, match="turn its rotation on"):
        keys.call(model, lambda api_key: api_key)

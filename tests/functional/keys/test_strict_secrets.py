"""The Secrets Manager that stands in front of MiniStack answers what AWS documents."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import boto3
import pytest

from local.ministack import MiniStack
from local.rotation import stage
from local.strict_secrets import StrictSecrets

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@pytest.fixture
def strict(aws: MiniStack, strict_secrets: StrictSecrets, monkeypatch: pytest.MonkeyPatch) -> SecretsManagerClient:
    """Give a client of it."""
    for name, value in {**aws.environment, "AWS_ENDPOINT_URL_SECRETS_MANAGER": strict_secrets.url}.items():
        monkeypatch.setenv(name, value)
    return boto3.Session().client("secretsmanager")


@pytest.fixture
def staged(aws: MiniStack, strict: SecretsManagerClient, model: str) -> str:
    """Create a secret with a version that was staged without a value, and return that version's id."""
    strict.create_secret(Name=model, SecretString="first")
    return stage(aws, model)


def test_staged_version_is_there_and_has_no_value(strict: SecretsManagerClient, staged: str, model: str) -> None:
    """It is described, and can't be got, by its id or its label; the current one can."""
    assert strict.describe_secret(SecretId=model)["VersionIdsToStages"][staged] == ["AWSPENDING"]
    with pytest.raises(strict.exceptions.ResourceNotFoundException):
        strict.get_secret_value(SecretId=model, VersionId=staged, VersionStage="AWSPENDING")
    with pytest.raises(strict.exceptions.ResourceNotFoundException):
        strict.get_secret_value(SecretId=model, VersionStage="AWSPENDING")
    assert strict.get_secret_value(SecretId=model)["SecretString"] == "first"


def test_value_is_given_once(strict: SecretsManagerClient, staged: str, model: str) -> None:
    """The same again changes nothing, another one is refused."""

    def put(value: str) -> None:
        strict.put_secret_value(
            SecretId=model, ClientRequestToken=staged, SecretString=value, VersionStages=["AWSPENDING"]
        )

    put("second")
    put("second")
    with pytest.raises(strict.exceptions.ResourceExistsException):
        put("third")

    assert strict.get_secret_value(SecretId=model, VersionStage="AWSPENDING")["SecretString"] == "second"


def test_everything_else_is_ministack_s(strict: SecretsManagerClient) -> None:
    """Its refusals, too."""
    with pytest.raises(strict.exceptions.ResourceNotFoundException):
        strict.get_secret_value(SecretId=f"unknown-{uuid.uuid4()}")

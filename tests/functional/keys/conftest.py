"""The rotate function as Lambda runs it, and a model's secret that is being rotated."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from local.ministack import MiniStack
from local.prediction_one import PredictionOneStandIn
from local.rotation import STEPS, rotation_event, stage
from local.strict_secrets import StrictSecrets
from rotate_handler import _secrets, handler
from tests.functional.conftest import API_KEY, SECRET_PREFIX, AwsCall, Invocation

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECRET_KEY = "5ec4e7-secret-key"


@dataclass(frozen=True)
class RotatingSecret:
    """A model's secret, and the rotate function."""

    aws: MiniStack
    secrets: SecretsManagerClient
    name: str
    token: str

    def take(self, step: str, **changes: str) -> None:
        """Have the function take a step; `changes` are to the event."""
        event = rotation_event(self.aws, self.name, self.token, step) | changes
        handler(event, cast("LambdaContext", Invocation(str(uuid.uuid4()), 120, function_name="rotate")))

    def take_all(self, *, repeated: int = 1) -> None:
        """Take all steps in order, each so many times."""
        for step in STEPS:
            for _ in range(repeated):
                self.take(step)

    def store(self, text: str) -> None:
        """Replace the current value."""
        self.secrets.put_secret_value(SecretId=self.name, SecretString=text)

    def value(self, stage_label: str = "AWSCURRENT") -> dict[str, Any]:
        """Return the fields of a version."""
        text = self.secrets.get_secret_value(SecretId=self.name, VersionStage=stage_label)["SecretString"]
        fields: dict[str, Any] = json.loads(text)
        return fields

    def labels(self) -> dict[str, list[str]]:
        """Return the staging labels of each version."""
        return self.secrets.describe_secret(SecretId=self.name)["VersionIdsToStages"]


@pytest.fixture
def prediction_one(model: str) -> Iterator[PredictionOneStandIn]:
    """Run the stand-in; `API_KEY` opens the model, `SECRET_KEY` issues further keys."""
    with PredictionOneStandIn({API_KEY: model}, [SECRET_KEY]) as running:
        yield running


@pytest.fixture
def no_key_in_output(
    stdout: Callable[[], list[dict[str, Any]]], prediction_one: PredictionOneStandIn
) -> Iterator[None]:
    """Look, after a test, for every key in all that was logged."""
    yield
    logged = json.dumps(stdout())
    assert [key for key in (*prediction_one.issued_keys(), SECRET_KEY, API_KEY, "5ec4e7") if key in logged] == []


@pytest.fixture(scope="session")
def strict_secrets(aws: MiniStack) -> Iterator[StrictSecrets]:
    """Run a Secrets Manager that is as strict as AWS's."""
    with StrictSecrets(aws) as running:
        yield running


@pytest.fixture
def prefix(
    cold_function: Callable[..., list[AwsCall]],
    strict_secrets: StrictSecrets,
    prediction_one: PredictionOneStandIn,
    model: str,
) -> str:
    """Set the function up, cold, with a prefix, and so an account secret, of its own."""
    prefix = f"{SECRET_PREFIX}-{model}"
    cold_function(
        _secrets,
        AWS_ENDPOINT_URL_SECRETS_MANAGER=strict_secrets.url,
        PREDICTION_ONE_API_URL=prediction_one.base_url,
        SECRET_PREFIX=prefix,
    )
    return prefix


@pytest.fixture
def account(secrets: SecretsManagerClient, prefix: str) -> str:
    """Store the account's Secret Key, and return its secret's name."""
    name = f"{prefix}/_account"
    secrets.create_secret(Name=name, SecretString=json.dumps({"secret_key": SECRET_KEY}))
    return name


@pytest.fixture
def secret(aws: MiniStack, secrets: SecretsManagerClient, prefix: str, model: str) -> RotatingSecret:
    """Create the model's secret with its rotation on, and stage a version as Secrets Manager does."""
    name = f"{prefix}/{model}"
    value = {"api_key": API_KEY, "model_id": model, "end_date": "old"}
    secrets.create_secret(Name=name, SecretString=json.dumps(value))
    function = "arn:aws:lambda:us-east-1:000000000000:function:rotate"
    secrets.rotate_secret(SecretId=name, RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 14})
    return RotatingSecret(aws, secrets, name, stage(aws, name))

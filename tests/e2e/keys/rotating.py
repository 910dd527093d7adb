"""What the tests of the rotation share: a model's secret, and what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from local.rotation import PREFIX, turn_rotation_on
from local.stack import LocalStack


@dataclass(frozen=True)
class ModelSecret:
    """The secret of a model, whose rotation is on."""

    stack: LocalStack
    model: str

    @property
    def name(self) -> str:
        """Return its name."""
        return f"{PREFIX}/{self.model}"

    @property
    def client(self) -> Any:
        """Return a client of Secrets Manager."""
        return self.stack.aws.client("secretsmanager")

    def value(self, stage: str = "AWSCURRENT") -> dict[str, Any]:
        """Return the fields of a version."""
        text = self.client.get_secret_value(SecretId=self.name, VersionStage=stage)["SecretString"]
        fields: dict[str, Any] = json.loads(text)
        return fields

    def version(self, stage: str) -> str | None:
        """Return the id of the version with a label, None if there is none."""
        labels = self.client.describe_secret(SecretId=self.name)["VersionIdsToStages"]
        return next((version for version, stages in labels.items() if stage in stages), None)

    @property
    def issued(self) -> list[str]:
        """Return every key that the service ever issued for the model."""
        return self.stack.prediction_one.issued_keys(self.model)


def rotating_secret(stack: LocalStack, model: str, **fields: Any) -> ModelSecret:
    """Create a model's secret with these fields, and turn its rotation on."""
    secret = ModelSecret(stack, model)
    secret.client.create_secret(Name=secret.name, SecretString=json.dumps(fields))
    turn_rotation_on(stack.aws, secret.name, stack.outputs["RotateFunctionName"])
    return secret

"""A model's secret during its rotation: its staging labels, checked as in AWS's own rotation template.

The template: https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas, `SecretsManagerRotationTemplate`.
The pages named below are at https://docs.aws.amazon.com/secretsmanager/latest/apireference/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from retrain.aws.errors import aws_reason
from retrain.errors import RotationRefusedError, SecretsUnavailableError
from retrain.keys.model_secret import secret_text

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True)
class StagedSecret:
    """A secret, and the version that one rotation makes.

    Attributes
    ----------
    name
        Of the secret.
    token
        The id of the version: the rotation's ClientRequestToken.
    labels
        The staging labels of each version.
    """

    client: SecretsManagerClient
    name: str
    token: str
    labels: Mapping[str, list[str]]

    @classmethod
    def find(cls, client: SecretsManagerClient, secret_id: str, token: str) -> StagedSecret:
        """Return the secret as Secrets Manager describes it.

        Raises
        ------
        RotationRefusedError
            Its rotation is off, or the version is neither pending nor current.
        SecretsUnavailableError
            Secrets Manager did not describe it.
        """
        with secrets_manager(f"describe {secret_id}"):
            found = client.describe_secret(SecretId=secret_id)
        secret = cls(client, found["Name"], token, found.get("VersionIdsToStages", {}))
        if not found.get("RotationEnabled"):
            raise RotationRefusedError(
                f"The rotation of {secret.name} is off. Turn it on: aws secretsmanager rotate-secret"
            )
        labels = secret.labels.get(token)
        if labels is None:
            raise RotationRefusedError(f"{secret.name} has no version {token} with a staging label.")
        if not {"AWSCURRENT", "AWSPENDING"} & set(labels):
            raise RotationRefusedError(f"Version {token} of {secret.name} is not AWSPENDING, but {', '.join(labels)}.")
        return secret

    @property
    def is_promoted(self) -> bool:
        """Return whether the version is the current one: then its rotation is complete."""
        return "AWSCURRENT" in self.labels[self.token]

    def current_value(self) -> str | None:
        """Return the text of the current version."""
        with secrets_manager(f"read {self.name}"):
            return self.client.get_secret_value(SecretId=self.name, VersionStage="AWSCURRENT").get("SecretString")

    def pending_value(self) -> str | None:
        """Return the text of the pending version; None if it has none yet.

        Secrets Manager stages the version before the first step, and answers ResourceNotFoundException until it has a
        value: `API_DescribeSecret.html`, VersionIdsToStages.
        """
        try:
            with secrets_manager(f"read the pending version of {self.name}"):
                answer = self.client.get_secret_value(
                    SecretId=self.name, VersionId=self.token, VersionStage="AWSPENDING"
                )
        except SecretsUnavailableError as error:
            if isinstance(error.__cause__, self.client.exceptions.ResourceNotFoundException):
                return None
            raise
        return answer.get("SecretString")

    def put_pending(self, fields: Mapping[str, Any]) -> None:
        """Store the pending version's value.

        Secrets Manager refuses a second value (`API_PutSecretValue.html`, ClientRequestToken): of two createSecret
        steps at the same time, the first succeeds and the other fails.
        """
        with secrets_manager(f"write {self.name}"):
            self.client.put_secret_value(
                SecretId=self.name,
                ClientRequestToken=self.token,
                SecretString=secret_text(fields),
                VersionStages=["AWSPENDING"],
            )

    def promote(self) -> None:
        """Make the pending version the current one, in the template's two calls. A crash between them does no harm."""
        current = next((version for version, labels in self.labels.items() if "AWSCURRENT" in labels), None)
        leaving = {"RemoveFromVersionId": current} if current else {}
        with secrets_manager(f"promote the new version of {self.name}"):
            self.client.update_secret_version_stage(
                SecretId=self.name, VersionStage="AWSCURRENT", MoveToVersionId=self.token, **leaving
            )
            self.client.update_secret_version_stage(
                SecretId=self.name, VersionStage="AWSPENDING", RemoveFromVersionId=self.token
            )


@contextmanager
def secrets_manager(intent: str) -> Iterator[None]:
    """Raise a `SecretsUnavailableError` with the intent and AWS's reason if a call to Secrets Manager fails."""
    try:
        yield
    except (ClientError, BotoCoreError) as exc:
        reason = aws_reason(exc)
        hint = "Does a policy forbid it?" if "Denied" in reason else "It is retried automatically."
        raise SecretsUnavailableError(f"Secrets Manager did not {intent} ({reason}). {hint}") from exc

"""Renews a model's API key in Secrets Manager's four steps. Read it downwards.

Each step may be repeated or come late: `rotate-secrets_lambda.html` of the Secrets Manager user guide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from retrain.errors import (
    ApiKeyUnavailableError,
    CredentialRejectedError,
    RetrainJobNotFoundError,
    RotationRefusedError,
    SecretKeyUnusableError,
    SecretsUnavailableError,
    UnexpectedAnswerError,
)
from retrain.keys.model_secret import HEADER_SAFE, api_key_in, fields_in, model_of
from retrain.keys.staged_secret import StagedSecret, secrets_manager
from retrain.prediction_one.api import PredictionOne
from retrain.telemetry import count, logger

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

Step = Literal["createSecret", "setSecret", "testSecret", "finishSecret"]

UNKNOWN_JOB_ID = "00000000-0000-0000-0000-000000000000"
"""The id of no job. Asking for its status changes nothing, and only a valid key gets "Not found retrain job."."""


@dataclass(frozen=True)
class RotationRequest:
    """One step of one rotation, as Secrets Manager requests it."""

    secret_id: str
    token: str
    step: Step

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> RotationRequest:
        """Return the request in an event.

        Raises
        ------
        RotationRefusedError
            It is not an event of a rotation.
        """
        values = [event.get(name) for name in ("SecretId", "ClientRequestToken", "Step")]
        if not all(isinstance(value, str) and value for value in values) or values[2] not in get_args(Step):
            raise RotationRefusedError(
                "This is not an event of a rotation. Only Secrets Manager may invoke this function."
            )
        return cls(*values)  # type: ignore[arg-type]  # checked above


@dataclass(frozen=True)
class Rotation:
    """Renews the keys of the secrets below a prefix.

    Parameters
    ----------
    secrets
        The client of Secrets Manager.
    prediction_one
        A client without retries: each repeated call of API 4 may issue another key.
    prefix
        The secrets' common prefix, without the slash at its end.
    """

    secrets: SecretsManagerClient
    prediction_one: PredictionOne
    prefix: str

    def take(self, request: RotationRequest) -> None:
        """Take one step. A rotation that is over is not changed.

        Raises
        ------
        RetrainError
            The step failed; the current version is unchanged. Secrets Manager retries the rotation.
        """
        secret = StagedSecret.find(self.secrets, request.secret_id, request.token)
        self._require_model_secret(secret.name)
        if secret.is_promoted:
            logger.info("This rotation is already complete")
            return
        steps: dict[Step, Callable[[StagedSecret], None]] = {
            "createSecret": self._create,
            "setSecret": self._set,
            "testSecret": self._test,
            "finishSecret": self._finish,
        }
        steps[request.step](secret)

    def _require_model_secret(self, name: str) -> None:
        if model_of(name, self.prefix) is None:
            raise RotationRefusedError(
                f"{name} is not the secret of a model. This function rotates {self.prefix}/MODEL only."
            )

    def _create(self, secret: StagedSecret) -> None:
        """Issue a key and store it as pending, unless an earlier attempt did."""
        if secret.pending_value() is not None:
            logger.info("The pending version already has its key")
            return
        fields = _fields(secret)
        issued = self._issue(secret.name, str(fields["model_id"]))
        secret.put_pending({**fields, **issued})
        count("ApiKeysIssued")
        logger.info("Issued a new API key and stored it as pending", end_date=issued["end_date"])

    def _set(self, secret: StagedSecret) -> None:
        """Do nothing: the service activates a key when it issues it."""

    def _test(self, secret: StagedSecret) -> None:
        """Test the pending key, without a side effect."""
        try:
            self.prediction_one.check_status(_pending_key(secret), UNKNOWN_JOB_ID)
        except RetrainJobNotFoundError:
            logger.info("The pending API key works")
        except CredentialRejectedError as refusal:
            raise CredentialRejectedError(
                f"{refusal} This is the pending key of {secret.name}; the current key stays. If it is refused again, "
                "remove it and start again: aws secretsmanager update-secret-version-stage --version-stage AWSPENDING "
                f"--secret-id {secret.name} --remove-from-version-id {secret.token}, then aws secretsmanager "
                f"rotate-secret --secret-id {secret.name}"
            ) from refusal
        else:
            raise UnexpectedAnswerError(
                "Prediction One knows a job that cannot exist, so this does not show that the pending key works."
            )

    def _finish(self, secret: StagedSecret) -> None:
        """Promote the pending version. Stricter than AWS's template: never a version without a key."""
        _pending_key(secret)
        secret.promote()
        count("ApiKeysRotated")
        logger.info("The new API key is now the current one")

    def _issue(self, name: str, model_id: str) -> dict[str, Any]:
        """Return the fields of a new API key, with its `end_date` unchanged."""
        try:
            issued = self.prediction_one.issue_api_key(self._secret_key(), model_id)
        except CredentialRejectedError as refusal:
            raise SecretKeyUnusableError(
                f"{refusal} This is the Secret Key in {self._account}, not the API key in {name}, which is unchanged. "
                'Store {"secret_key": "..."} with the key from the service\'s settings screen.'
            ) from refusal
        if not HEADER_SAFE.fullmatch(issued.api_key):
            raise UnexpectedAnswerError("Prediction One issued an API key that cannot be sent in an HTTP header.")
        return {"api_key": issued.api_key, "end_date": issued.end_date}

    @property
    def _account(self) -> str:
        return f"{self.prefix}/_account"

    def _secret_key(self) -> str:
        how = f'Store {{"secret_key": "..."}} in the secret {self._account}.'
        try:
            with secrets_manager(f"read {self._account}"):
                text = self.secrets.get_secret_value(SecretId=self._account).get("SecretString", "")
        except SecretsUnavailableError as error:
            raise SecretKeyUnusableError(f"{error} {how}") from error
        secret_key = fields_in(text).get("secret_key")
        if not isinstance(secret_key, str) or not HEADER_SAFE.fullmatch(secret_key):
            raise SecretKeyUnusableError(f"The secret {self._account} has no usable secret_key. {how}")
        return secret_key


def _fields(secret: StagedSecret) -> dict[str, Any]:
    """Return the fields of the current version, `model_id` among them."""
    fields = fields_in(secret.current_value())
    model_id = fields.get("model_id")
    if not isinstance(model_id, str | int) or isinstance(model_id, bool) or not str(model_id).strip():
        raise ApiKeyUnavailableError(
            f"The secret {secret.name} has no model_id, so no key can be issued for it. Store "
            '{"model_id": "..."} in it, beside the "api_key" if there is one.'
        )
    return fields


def _pending_key(secret: StagedSecret) -> str:
    api_key = api_key_in(secret.pending_value())
    if api_key is None:
        raise RotationRefusedError(
            f"The pending version of {secret.name} has no API key yet: createSecret comes first."
        )
    return api_key

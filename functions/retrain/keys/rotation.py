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
"""No job has it: asking for its status changes nothing, and only a good key is told that there is no such job."""


@dataclass(frozen=True)
class RotationRequest:
    """One step of one rotation, as Secrets Manager asks for it."""

    secret_id: str
    token: str
    step: Step

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> RotationRequest:
        """Return what an event asks for.

        Raises
        ------
        RotationRefusedError
            It is no such event.
        """
        values = [event.get(name) for name in ("SecretId", "ClientRequestToken", "Step")]
        if not all(isinstance(value, str) and value for value in values) or values[2] not in get_args(Step):
            raise RotationRefusedError("This is no event of a rotation. Only Secrets Manager invokes this function.")
        return cls(*values)  # type: ignore[arg-type]  # checked above


@dataclass(frozen=True)
class Rotation:
    """Renews the keys of the secrets below a prefix.

    Parameters
    ----------
    secrets
        The client of Secrets Manager.
    prediction_one
        A client that does not repeat calls by itself: each repeated call of API 4 might issue a key more.
    prefix
        The secrets' common prefix, without the slash at its end.
    """

    secrets: SecretsManagerClient
    prediction_one: PredictionOne
    prefix: str

    def take(self, request: RotationRequest) -> None:
        """Take one step; a rotation that is over is left alone.

        Raises
        ------
        RetrainError
            The step failed, and the current version is as it was. Secrets Manager tries the rotation again.
        """
        secret = StagedSecret.find(self.secrets, request.secret_id, request.token)
        self._refuse_what_is_no_models(secret.name)
        if secret.is_promoted:
            logger.info("This rotation is over already")
            return
        steps: dict[Step, Callable[[StagedSecret], None]] = {
            "createSecret": self._create,
            "setSecret": self._set,
            "testSecret": self._test,
            "finishSecret": self._finish,
        }
        steps[request.step](secret)

    def _refuse_what_is_no_models(self, name: str) -> None:
        if model_of(name, self.prefix) is None:
            raise RotationRefusedError(f"{name} holds no model's API key. Only {self.prefix}/MODEL is rotated here.")

    def _create(self, secret: StagedSecret) -> None:
        """Have a key issued and store it as pending, unless an earlier attempt did."""
        if secret.pending_value() is not None:
            logger.info("The pending version has its key already")
            return
        fields = _fields(secret)
        issued = self._issue(secret.name, str(fields["model_id"]))
        secret.put_pending({**fields, **issued})
        count("ApiKeysIssued")
        logger.info("A new API key is stored as pending", end_date=issued["end_date"])

    def _set(self, secret: StagedSecret) -> None:
        """Do nothing: the service made the key active when it issued it."""

    def _test(self, secret: StagedSecret) -> None:
        """Prove the pending key, without a side effect."""
        try:
            self.prediction_one.check_status(_pending_key(secret), UNKNOWN_JOB_ID)
        except RetrainJobNotFoundError:
            logger.info("The pending API key is good")
        except CredentialRejectedError as refusal:
            raise CredentialRejectedError(
                f"{refusal} This is the pending key of {secret.name}; the current one stays. If it is refused again, "
                "drop it and begin anew: aws secretsmanager update-secret-version-stage --version-stage AWSPENDING "
                f"--secret-id {secret.name} --remove-from-version-id {secret.token}, then aws secretsmanager "
                f"rotate-secret --secret-id {secret.name}"
            ) from refusal
        else:
            raise UnexpectedAnswerError("Prediction One knows a job that can't exist: the pending key is not proven.")

    def _finish(self, secret: StagedSecret) -> None:
        """Promote the pending version; the template's check goes further here: never one without a key."""
        _pending_key(secret)
        secret.promote()
        count("ApiKeysRotated")
        logger.info("The new API key is the current one")

    def _issue(self, name: str, model_id: str) -> dict[str, Any]:
        """Return the fields of a new API key. Its `end_date` is kept as it came, whatever it is."""
        try:
            issued = self.prediction_one.issue_api_key(self._secret_key(), model_id)
        except CredentialRejectedError as refusal:
            raise SecretKeyUnusableError(
                f"{refusal} This is about the Secret Key in {self._account}, not about the API key in {name}, which "
                'stays. Store {"secret_key": "..."} with the key that the service\'s settings screen shows.'
            ) from refusal
        if not HEADER_SAFE.fullmatch(issued.api_key):
            raise UnexpectedAnswerError("Prediction One issued an API key that no header can carry.")
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
            raise SecretKeyUnusableError(f"The account's Secret Key is not where it should be. {how}")
        return secret_key


def _fields(secret: StagedSecret) -> dict[str, Any]:
    """Return the fields of the current version, `model_id` among them."""
    fields = fields_in(secret.current_value())
    model_id = fields.get("model_id")
    if not isinstance(model_id, str | int) or isinstance(model_id, bool) or not str(model_id).strip():
        raise ApiKeyUnavailableError(
            f"The secret {secret.name} names no model_id, so no key can be issued for it. Store "
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

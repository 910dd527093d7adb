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
    UnexpectedAnswerError,
)
from retrain.keys.issuing import KeyIssuer
from retrain.keys.model_secret import MAX_TEXT, api_key_in, fields_in, fits, model_of
from retrain.keys.staged_secret import StagedSecret
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
        fields = event if isinstance(event, Mapping) else {}
        values = [fields.get(name) for name in ("SecretId", "ClientRequestToken", "Step")]
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

    @property
    def _issuer(self) -> KeyIssuer:
        return KeyIssuer(self.secrets, self.prediction_one, self.prefix)

    def _create(self, secret: StagedSecret) -> None:
        """Issue a key and store it as pending, unless an earlier attempt did."""
        if secret.pending_value() is not None:
            logger.info("The pending version already has its key")
            return
        fields = _fields(secret)
        issued = self._issuer.issue(secret.name, str(fields["model_id"]))
        secret.put_pending({**fields, **issued})
        count("ApiKeysIssued")
        logger.info("Issued a new API key and stored it as pending")

    def _set(self, secret: StagedSecret) -> None:
        """Do nothing: the service activates a key when it issues it."""

    def _test(self, secret: StagedSecret) -> None:
        """Test the pending key. Without one, test the current key, and what the first step will need.

        `rotate-secret --no-rotate-immediately` takes this step alone, on a version that Secrets Manager creates for it
        and then removes (API reference, `RotateSecret`, RotateImmediately). Whether that version has a value is not
        documented, and the secret of a new model has no key in any version. Neither fails the test: the first rotation
        issues the key. A missing `model_id` or Secret Key does, as it would fail that rotation days later.

        A rotation under way does not get through here without its key: finishSecret refuses that.
        """
        if pending := api_key_in(secret.pending_value()):
            self._test_key(
                pending,
                f"This is the pending key of {secret.name}; the current key stays. If it is refused again, remove it "
                "and start again: aws secretsmanager update-secret-version-stage --version-stage AWSPENDING "
                f"--secret-id {secret.name} --remove-from-version-id {secret.token}, then aws secretsmanager "
                f"rotate-secret --secret-id {secret.name}",
            )
            logger.info("The pending API key works")
            return
        _fields(secret)
        self._issuer.secret_key()
        if current := api_key_in(secret.current_value()):
            self._test_key(
                current,
                f"This is the current key of {secret.name}; no other was issued yet. Store a valid key, or have one "
                f"issued: aws secretsmanager rotate-secret --secret-id {secret.name}",
            )
            logger.info("There is no pending API key yet; the current one works")
        else:
            logger.info("There is no API key to test yet; the first rotation issues it")

    def _test_key(self, api_key: str, what_to_do: str) -> None:
        """Have the service check a key, without a side effect."""
        try:
            self.prediction_one.check_status(api_key, UNKNOWN_JOB_ID)
        except RetrainJobNotFoundError:
            return
        except CredentialRejectedError as refusal:
            raise CredentialRejectedError(f"{refusal} {what_to_do}") from refusal
        raise UnexpectedAnswerError(
            "Prediction One knows a job that cannot exist, so this does not show that the API key works."
        )

    def _finish(self, secret: StagedSecret) -> None:
        """Promote the pending version. Stricter than AWS's template: never a version without a key."""
        if api_key_in(secret.pending_value()) is None:
            raise RotationRefusedError(
                f"The pending version of {secret.name} has no API key yet: createSecret comes first."
            )
        secret.promote()
        count("ApiKeysRotated")
        logger.info("The new API key is now the current one")


def _fields(secret: StagedSecret) -> dict[str, Any]:
    """Return the fields of the current version, `model_id` among them."""
    fields = fields_in(secret.current_value())
    model_id = fields.get("model_id")
    if not isinstance(model_id, str | int) or isinstance(model_id, bool) or not str(model_id).strip():
        raise ApiKeyUnavailableError(
            f"The secret {secret.name} has no model_id, so no key can be issued for it. Store "
            '{"model_id": "..."} in it, beside the "api_key" if there is one.'
        )
    if not fits(fields, MAX_TEXT):
        raise ApiKeyUnavailableError(
            f"The secret {secret.name} holds so much beside its key that a new one might not fit: a secret has at most "
            "64 KiB. No key is issued, as the old one might end with that. Move the rest elsewhere."
        )
    return fields

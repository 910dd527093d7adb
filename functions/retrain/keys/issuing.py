"""Issues a model's API key with the account's Secret Key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from retrain.errors import (
    CredentialRejectedError,
    SecretKeyUnusableError,
    SecretsUnavailableError,
    UnexpectedAnswerError,
)
from retrain.keys.model_secret import HEADER_SAFE, fields_in, fits
from retrain.keys.staged_secret import secrets_manager
from retrain.prediction_one.api import PredictionOne

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_MAX_END_DATE = 1000
"""A new key must not be lost because of what the service says of its end."""


@dataclass(frozen=True)
class KeyIssuer:
    """Issues keys; its parameters are as `Rotation`'s."""

    secrets: SecretsManagerClient
    prediction_one: PredictionOne
    prefix: str

    def issue(self, name: str, model_id: str) -> dict[str, Any]:
        """Return the fields of a new API key for the secret `name`, with its `end_date` unchanged if it is short.

        Raises
        ------
        SecretKeyUnusableError
            The account's Secret Key cannot be read or is refused.
        PredictionOneError
            The service issued no key, or one that cannot be sent.
        """
        try:
            issued = self.prediction_one.issue_api_key(self.secret_key(), model_id)
        except CredentialRejectedError as refusal:
            raise SecretKeyUnusableError(
                f"{refusal} This is about the Secret Key in {self._account}, not about the API key in {name}, which is "
                "unchanged. "
                'Store {"secret_key": "..."} with the key from the service\'s settings screen.'
            ) from refusal
        if not HEADER_SAFE.fullmatch(issued.api_key):
            raise UnexpectedAnswerError("Prediction One issued an API key that cannot be sent in an HTTP header.")
        return {
            "api_key": issued.api_key,
            "end_date": issued.end_date if fits(issued.end_date, _MAX_END_DATE) else None,
        }

    def secret_key(self) -> str:
        """Return the account's Secret Key.

        Raises
        ------
        SecretKeyUnusableError
            Its secret cannot be read, or has none that can be sent.
        """
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

    @property
    def _account(self) -> str:
        return f"{self.prefix}/_account"

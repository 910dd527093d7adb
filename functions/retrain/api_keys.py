"""The API key of a model: a secret of its own, cached while the function is warm, read afresh when it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError

from retrain.errors import ApiKeyUnavailableError, CredentialRejectedError
from retrain.prediction_one import HEADER_SAFE
from retrain.telemetry import logger

MAX_AGE_SECONDS = 900
"""How long a warm function trusts a key without looking: a revoked key is noticed anyway when it is refused."""

_Answer = TypeVar("_Answer")


class ApiKeys:
    """Reads `{prefix}/{model}`: JSON with an `api_key`, or the bare key.

    Parameters
    ----------
    secrets
        Powertools' cached access to Secrets Manager.
    prefix
        The secrets' common prefix, without the slash at its end.
    """

    def __init__(self, secrets: SecretsProvider, prefix: str) -> None:
        self._secrets = secrets
        self._prefix = prefix

    def call(self, model: str, request: Callable[[str], _Answer]) -> _Answer:
        """Return what `request` answers when it is given the model's API key.

        A refused key is read afresh, for it may have been rotated since; if it did change, the request is made once
        more.

        Raises
        ------
        ApiKeyUnavailableError
            The secret is missing or holds no usable key.
        CredentialRejectedError
            The service refused the newest key, too.
        """
        api_key = self._read(model)
        try:
            return request(api_key)
        except CredentialRejectedError as refusal:
            newest = self._read(model, afresh=True)
            if newest == api_key:
                raise CredentialRejectedError(
                    f"{refusal} Store a valid key in the secret {self._prefix}/{model}; the rest follows by itself."
                ) from refusal
            logger.info("The API key was refused and has been rotated since; trying again with the new one")
            return request(newest)

    def _read(self, model: str, *, afresh: bool = False) -> str:
        name = f"{self._prefix}/{model}"
        try:
            secret = self._secrets.get(name, max_age=MAX_AGE_SECONDS, force_fetch=afresh)
        except GetParameterError as exc:
            raise ApiKeyUnavailableError(_unreadable(name, exc.__context__)) from exc
        api_key = _api_key_in(secret)
        if api_key is None:
            raise ApiKeyUnavailableError(
                f'The secret {name} holds no API key. Store {{"api_key": "..."}} or the bare key in it.'
            )
        return api_key


def _unreadable(name: str, cause: BaseException | None) -> str:
    reason = cause.response["Error"]["Code"] if isinstance(cause, ClientError) else type(cause).__name__
    if reason == "ResourceNotFoundException":
        return f'There is no secret {name}. Create it with {{"api_key": "..."}}; the rest follows by itself.'
    return f"Secrets Manager did not give out the secret {name} ({reason})."


def _api_key_in(secret: object) -> str | None:
    text = secret.strip() if isinstance(secret, str) else ""
    if text.startswith("{"):
        try:
            text = json.loads(text).get("api_key")
        except ValueError:
            return None
    return text if isinstance(text, str) and HEADER_SAFE.fullmatch(text) else None

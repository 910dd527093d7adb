"""The API key of a model: a secret of its own, cached while the function is warm, read afresh when it is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from retrain.aws.clients import API_KEYS_CONFIG, secrets_client
from retrain.aws.errors import aws_reason
from retrain.errors import ApiKeyUnavailableError, CredentialRejectedError
from retrain.keys.model_secret import api_key_in
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

    @classmethod
    def below(cls, prefix: str) -> ApiKeys:
        """Return the keys below a prefix, with a client and a cache of their own."""
        return cls(SecretsProvider(boto3_client=secrets_client(API_KEYS_CONFIG)), prefix)

    def call(self, model: str, request: Callable[[str], _Answer]) -> _Answer:
        """Return what `request` answers when it is given the model's API key.

        A refused key may have been rotated since, or be about to be: the request is made once more with each other key
        that the secret holds.

        Raises
        ------
        ApiKeyUnavailableError
            The secret is missing or holds no usable key.
        CredentialRejectedError
            The service refused the newest key, too.
        """
        refused: dict[str, CredentialRejectedError] = {}
        for api_key in self._keys(model):
            if api_key not in refused:
                try:
                    return request(api_key)
                except CredentialRejectedError as refusal:
                    refused[api_key] = refusal
                    logger.info("The API key was refused; looking for a newer one")
        last = list(refused.values())[-1]
        raise CredentialRejectedError(
            f"{last} Store a valid key in the secret {self._prefix}/{model}, or look why its rotation fails; "
            "the rest follows by itself."
        ) from last

    def _keys(self, model: str) -> Iterator[str]:
        """Yield the cached key, then what the secret holds now.

        While a rotation runs, the service may have revoked the old key, which is still AWSCURRENT, when it issued the
        new one, which is AWSPENDING. That is read first: what is promoted between the two reads is in the second.
        """
        yield self._read(model)
        pending = list(self._pending(model))
        yield self._read(model, afresh=True)
        yield from pending

    def _read(self, model: str, *, afresh: bool = False) -> str:
        name = f"{self._prefix}/{model}"
        try:
            secret = self._secrets.get(name, max_age=MAX_AGE_SECONDS, force_fetch=afresh)
        except GetParameterError as exc:
            raise ApiKeyUnavailableError(_unreadable(name, exc.__context__)) from exc
        api_key = api_key_in(secret)
        if api_key is None:
            raise ApiKeyUnavailableError(
                f'The secret {name} holds no API key. Store {{"api_key": "..."}} or the bare key in it; if it has a '
                "model_id, turn its rotation on: that issues the first key."
            )
        return api_key

    def _pending(self, model: str) -> Iterator[str]:
        """Yield the key that a rotation has not promoted yet, if any; it is not cached."""
        name = f"{self._prefix}/{model}"
        try:
            secret = self._secrets.get(name, max_age=0, force_fetch=True, VersionStage="AWSPENDING")
        except GetParameterError:
            return  # no rotation, or one that has no key yet
        api_key = api_key_in(secret)
        if api_key is not None:
            yield api_key


def _unreadable(name: str, cause: BaseException | None) -> str:
    reason = aws_reason(cause)
    if reason == "ResourceNotFoundException":
        return f'There is no secret {name}. Create it with {{"api_key": "..."}}; the rest follows by itself.'
    return f"Secrets Manager did not give out the secret {name} ({reason})."

"""A model's API key: read from its secret, cached while the function is warm, read again when it is refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from retrain.aws.clients import API_KEYS_CONFIG, secrets_client
from retrain.aws.errors import aws_reason
from retrain.errors import ApiKeyUnavailableError, CredentialRejectedError
from retrain.keys.model_secret import api_key_in
from retrain.telemetry import logger

MAX_AGE_SECONDS = 900
"""How long a warm function uses a cached key. A revoked key is noticed earlier, when the service refuses it."""

REFUSED_SECONDS = 60
"""How long a refused key is not tried again. A new key in the secret is tried immediately."""

_Answer = TypeVar("_Answer")


@dataclass
class _Refusals:
    """The keys of one model that the service refused, why, and until when they are not tried again (epoch seconds)."""

    until: float
    by_key: dict[str, CredentialRejectedError]


class ApiKeys:
    """Reads `{prefix}/{model}`: JSON with an `api_key`, or the bare key.

    Parameters
    ----------
    secrets
        Powertools' cached reader of secrets.
    prefix
        The secrets' common prefix, without the slash at its end.
    """

    def __init__(self, secrets: SecretsProvider, prefix: str) -> None:
        self._secrets = secrets
        self._prefix = prefix
        self._refusals: dict[str, _Refusals] = {}

    @classmethod
    def below(cls, prefix: str) -> ApiKeys:
        """Return a reader of the keys below a prefix, with its own client and cache."""
        return cls(SecretsProvider(boto3_client=secrets_client(API_KEYS_CONFIG)), prefix)

    def call(self, model: str, request: Callable[[str], _Answer]) -> _Answer:
        """Call `request` with the model's API key, and return its answer.

        A refused key may have been rotated, or be about to be: the request is repeated once with each other key that
        the secret has. Keys that were refused within the last `REFUSED_SECONDS` are not tried again.

        Raises
        ------
        ApiKeyUnavailableError
            The secret does not exist or has no usable key.
        CredentialRejectedError
            The service refused the newest key as well.
        """
        refused = dict(self._refused(model))
        for api_key in self._keys(model):
            if api_key not in refused:
                try:
                    return request(api_key)
                except CredentialRejectedError as refusal:
                    refused[api_key] = refusal
                    self._refusals[model] = _Refusals(time.time() + REFUSED_SECONDS, refused)
                    logger.info("The service refused the API key; reading the secret again")
        raise self._rejection(model, refused)

    def require_not_refused(self, model: str) -> None:
        """Raise if the service refused all of a model's keys a short while ago, and the secret has no other since.

        Raises
        ------
        CredentialRejectedError
            A call would be refused, too.
        """
        refused = self._refused(model)
        if refused and all(api_key in refused for api_key in self._keys(model)):
            raise self._rejection(model, refused)

    def _refused(self, model: str) -> dict[str, CredentialRejectedError]:
        """Return the refusals of a model's keys that still count, by key."""
        known = self._refusals.get(model)
        return known.by_key if known and time.time() < known.until else {}

    def _rejection(self, model: str, refused: dict[str, CredentialRejectedError]) -> CredentialRejectedError:
        return CredentialRejectedError(
            f"{list(refused.values())[-1]} Store a valid key in the secret {self._prefix}/{model}, or find out why its "
            "rotation fails. The retry then happens automatically."
        )

    def _keys(self, model: str) -> Iterator[str]:
        """Yield the cached key, then the keys that the secret has now.

        During a rotation, the service may have revoked the old key (still AWSCURRENT) when it issued the new one
        (AWSPENDING). AWSPENDING is read first: a key promoted between the two reads is in the second.
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
                f'The secret {name} has no API key. Store {{"api_key": "..."}} or the key alone in it. If it has a '
                "model_id, turn on its rotation, which issues the first key."
            )
        return api_key

    def _pending(self, model: str) -> Iterator[str]:
        """Yield the key that a rotation has not promoted yet, if there is one; it is not cached."""
        name = f"{self._prefix}/{model}"
        try:
            secret = self._secrets.get(name, max_age=0, force_fetch=True, VersionStage="AWSPENDING")
        except GetParameterError as exc:
            reason = aws_reason(exc.__context__)
            if reason != "ResourceNotFoundException":  # that is: no rotation, or no key yet
                logger.warning("The pending API key could not be read", secret=name, cause=reason)
            return
        api_key = api_key_in(secret)
        if api_key is not None:
            yield api_key


def _unreadable(name: str, cause: BaseException | None) -> str:
    reason = aws_reason(cause)
    if reason == "ResourceNotFoundException":
        return f'There is no secret {name}. Create it with {{"api_key": "..."}}. The retry then happens automatically.'
    return f"Secrets Manager did not return the secret {name} ({reason})."

"""The login credentials: an API key per model, valid for 30 days, and Secret Keys that issue them."""

import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from local.prediction_one.answers import INACTIVE_CREDENTIAL, INVALID_API_KEY, NOT_FOUND_CREDENTIAL, ApiError

KEY_LIFETIME_SECONDS = 30 * 24 * 60 * 60


@dataclass
class Credential:
    """A key's facts; `model` is None for a Secret Key, which belongs to the account and does not expire."""

    key: str
    model: str | None
    expires_at: float
    state: Literal["active", "revoked", "deleted"] = "active"


class KeyRing:
    """All keys of the account."""

    def __init__(self, api_keys: Mapping[str, str], secret_keys: Iterable[str]) -> None:
        self._by_key: dict[str, Credential] = {}
        self._by_model: dict[str, list[Credential]] = {}
        for key, model in api_keys.items():
            self._add(key, model)
        for key in secret_keys:
            self._by_key[key] = Credential(key, model=None, expires_at=float("inf"))

    def issue(self, model: str, *, revoke_old_keys: bool) -> Credential:
        """Give `model` a new key, and take the older ones out of use if asked to."""
        if revoke_old_keys:
            for credential in self._by_model.get(model, ()):
                credential.state = "revoked"
        return self._add(str(uuid.uuid4()), model)

    def _add(self, key: str, model: str) -> Credential:
        credential = Credential(key, model, time.time() + KEY_LIFETIME_SECONDS)
        self._by_key[key] = credential
        self._by_model.setdefault(model, []).append(credential)
        return credential

    def knows_model(self, model: str) -> bool:
        """Tell whether `model` ever had a key."""
        return model in self._by_model

    def api_keys(self, model: str | None) -> list[str]:
        """Return the API keys that were ever issued, of one model or of all, a model's in the order of their issue."""
        models = self._by_model if model is None else [model]
        return [credential.key for each in models for credential in self._by_model.get(each, ())]

    def find(self, key: str | None) -> Credential | None:
        """Return what is known of `key`."""
        return None if key is None else self._by_key.get(key)

    def get(self, key: str) -> Credential:
        """Return what is known of `key`; KeyError if nothing is, without naming the key."""
        credential = self.find(key)
        if credential is None:
            raise KeyError("key")
        return credential

    def model_for(self, api_key: str | None) -> str:
        """Return the model that `api_key` opens, or refuse the key as documented."""
        model = self._accept(api_key).model
        if model is None:
            raise ApiError(INVALID_API_KEY)  # a Secret Key opens API 4 alone
        return model

    def accept_secret_key(self, key: str | None) -> None:
        """Refuse, as documented, what is not a valid Secret Key."""
        if self._accept(key).model is not None:
            raise ApiError(INVALID_API_KEY)

    def _accept(self, key: str | None) -> Credential:
        credential = self.find(key)
        if credential is None:
            raise ApiError(INVALID_API_KEY)
        if credential.state == "deleted":
            raise ApiError(NOT_FOUND_CREDENTIAL)
        if credential.state == "revoked" or time.time() >= credential.expires_at:
            raise ApiError(INACTIVE_CREDENTIAL)
        return credential

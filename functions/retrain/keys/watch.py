"""Checks once a day when each model's API key ends, and warns people in time. Read it downwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from retrain.aws.event_bus import put_event
from retrain.aws.topic import publish
from retrain.errors import AnnouncementFailedError, SecretsUnavailableError
from retrain.keys.end_date import LIFETIME, WARNING_DAYS, parse_end_date
from retrain.keys.model_secret import api_key_in, fields_in, model_of
from retrain.keys.staged_secret import secrets_manager
from retrain.operator_commands import DEFAULT_STACK_NAME, p1_retrain
from retrain.telemetry import count, gauge_days_left, logger

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient

PATIENCE = timedelta(days=1)
"""How long a new secret may have no key. Turning on its rotation issues the first one within minutes."""

DETAIL_TYPE = "API Key Expires Soon"


@dataclass(frozen=True)
class ModelKey:
    """What is known about a model's API key, without the key: an event's detail. No key: `days_left` is 0."""

    model: str
    secret_name: str
    days_left: int
    end_date: Any
    rotation_enabled: bool
    headline: str
    message: str


@dataclass(frozen=True)
class Watch:
    """Checks the secrets below a prefix.

    Parameters
    ----------
    secrets, events, sns
        Clients of Secrets Manager, EventBridge and SNS.
    prefix
        The secrets' common prefix, without the slash at its end.
    topic_arn
        The SNS topic that people subscribe to.
    stack_name
        For `p1-retrain`.
    """

    secrets: SecretsManagerClient
    events: EventBridgeClient
    sns: SNSClient
    prefix: str
    topic_arn: str
    stack_name: str = DEFAULT_STACK_NAME

    def look(self, now: datetime) -> list[ModelKey]:
        """Publish the days left of each key, warn about keys that end soon or are missing, and return those.

        A key whose end is unknown ends 30 days after it was stored. A secret that cannot be read, or a warning that
        cannot be sent, does not stop the others.

        Raises
        ------
        SecretsUnavailableError
            The secrets could not be listed.
        """
        soon = []
        for name, rotation_enabled in self._model_secrets():
            key = self._key_of(name, now, rotation_enabled=rotation_enabled)
            if key is not None:
                gauge_days_left(key.model, key.days_left)
                if key.days_left <= WARNING_DAYS:
                    self._warn(key, now)
                    soon.append(key)
        return soon

    def _model_secrets(self) -> Iterator[tuple[str, bool]]:
        """Yield the name of each model's secret, and whether its rotation is on."""
        with secrets_manager("list the secrets"):
            pages = self.secrets.get_paginator("list_secrets").paginate(
                Filters=[{"Key": "name", "Values": [f"{self.prefix}/"]}]
            )
            for secret in (secret for page in pages for secret in page["SecretList"]):
                if model_of(secret["Name"], self.prefix) is not None:
                    yield secret["Name"], secret.get("RotationEnabled", False)

    def _key_of(self, name: str, now: datetime, *, rotation_enabled: bool) -> ModelKey | None:
        """Return what is known about a key; None if it cannot be read, or is not there yet."""
        model = name.removeprefix(f"{self.prefix}/")
        try:
            with secrets_manager(f"read {name}"):
                secret = self.secrets.get_secret_value(SecretId=name)
        except SecretsUnavailableError as error:
            count("ApiKeysUnreadable")
            logger.error(
                "A model's secret could not be read, so the end of its API key is unknown",
                model=model,
                reason=str(error),
            )
            return None
        stored_at, text = secret["CreatedDate"], secret.get("SecretString")
        if api_key_in(text) is None:
            logger.info("A model has no API key yet", model=model)
            if now - stored_at <= PATIENCE:
                return None
            return _missing_key(name, self._all_keys, rotation_enabled=rotation_enabled)
        end_date = fields_in(text).get("end_date")
        ends_at, end = parse_end_date(end_date, now), f"end_date: {end_date}"
        if ends_at is None:
            ends_at, end, end_date = stored_at + LIFETIME, "30 days after it was stored", None  # whatever it is
            logger.info("The secret has no readable end_date; using 30 days after the key was stored", model=model)
        days_left = (ends_at - now) // timedelta(days=1)
        headline = f"The API key of {model} {_when(days_left)}"
        trouble = "has not renewed the key: it fails, or its interval is too long"
        message = (
            f"{headline} ({end}). Without a new key, we can no longer send files of {model} to Prediction One. "
            f"{_advice(name, trouble, self._all_keys, rotation_enabled=rotation_enabled)}"
        )
        return ModelKey(model, name, days_left, end_date, rotation_enabled, headline, message)

    @property
    def _all_keys(self) -> str:
        """Return the command that lists the keys."""
        return p1_retrain(self.stack_name, "keys")

    def _warn(self, key: ModelKey, now: datetime) -> None:
        """Send the event and the e-mail, each even if the other fails."""
        logger.warning(key.headline, model=key.model, days_left=key.days_left, rotation_enabled=key.rotation_enabled)
        for tell in (self._tell_rules, self._tell_people):
            try:
                tell(key, now)
            except AnnouncementFailedError as error:
                count("WarningsUnsent")
                logger.error(
                    "A warning could not be sent; the next one follows tomorrow", model=key.model, reason=str(error)
                )

    def _tell_rules(self, key: ModelKey, now: datetime) -> None:
        put_event(self.events, DETAIL_TYPE, vars(key), now)

    def _tell_people(self, key: ModelKey, _: datetime) -> None:
        publish(self.sns, self.topic_arn, key.headline, key.message)


def _when(days_left: int) -> str:
    if days_left < 0:
        return "has ended"
    return {0: "ends within a day", 1: "ends in 1 day"}.get(days_left, f"ends in {days_left} days")


def _missing_key(name: str, all_keys: str, *, rotation_enabled: bool) -> ModelKey:
    model = name.rpartition("/")[2]
    headline, trouble = f"The model {model} has no API key yet", "has not issued a key: it fails, or is not due yet"
    message = (
        f"{headline}: its secret {name} contains no usable key, so we cannot send files of {model} to Prediction "
        f"One. {_advice(name, trouble, all_keys, rotation_enabled=rotation_enabled)}"
    )
    return ModelKey(model, name, 0, None, rotation_enabled, headline, message)


def _advice(name: str, trouble: str, all_keys: str, *, rotation_enabled: bool) -> str:
    """Return what a person should do, in plain sentences."""
    rotate = f"aws secretsmanager rotate-secret --secret-id {name}"
    every_14_days = "--rotation-rules AutomaticallyAfterDays=14"
    if rotation_enabled:
        advice = (
            f"Its rotation is on, but {trouble}. If it fails, the rotate function's log says why (search for {name}). "
            f"Fix the cause, then run: {rotate} (add {every_14_days} to set the interval)."
        )
    else:
        advice = (
            f"Its rotation is off. Turn it on: {rotate} --rotation-lambda-arn ROTATE_FUNCTION_ARN {every_14_days} "
            "(the ARN is an output of the stack; the secret needs a model_id). Or store a new key in the secret."
        )
    return f"{advice} If you no longer use the model, delete the secret {name}. To see all keys: {all_keys}"

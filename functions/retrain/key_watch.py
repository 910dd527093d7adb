"""Looks at the end of every model's API key once a day, and tells a person before it is too late. Read it downwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from retrain.api_keys import api_key_in
from retrain.end_date import parse_end_date
from retrain.errors import SecretsUnavailableError
from retrain.staged_secret import secrets_manager
from retrain.telemetry import count, gauge_days_left, logger

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient

LIFETIME = timedelta(days=30)
"""Of every key, says the manual: where no `end_date` is stored, it is all there is to go by."""

WARNING_DAYS = 7
"""A rotation every 14 days leaves a key of 30 days at least 16."""

MAX_SUBJECT_CHARACTERS = 100
"""`API_Publish.html` of the SNS reference, Subject."""


@dataclass(frozen=True)
class ModelKey:
    """What is known of a model's API key, itself excepted: the detail of an event."""

    model: str
    secret_name: str
    days_left: int
    end_date: Any
    rotation_enabled: bool
    message: str


@dataclass(frozen=True)
class KeyWatch:
    """Watches over the secrets below a prefix.

    Parameters
    ----------
    secrets, events, sns
        Clients of Secrets Manager, EventBridge and SNS.
    prefix
        The secrets' common prefix, without the slash at its end.
    topic_arn
        The SNS topic that people listen to.
    """

    secrets: SecretsManagerClient
    events: EventBridgeClient
    sns: SNSClient
    prefix: str
    topic_arn: str

    def look(self, now: datetime) -> list[ModelKey]:
        """Publish the days left of each key that tells its end, warn of those that end soon, and return these.

        A secret that can't be read, or a warning that can't be sent, never stands in the way of the others.

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
                    self._warn(key)
                    soon.append(key)
        return soon

    def _model_secrets(self) -> Iterator[tuple[str, bool]]:
        """Yield the name of each model's secret, and whether its rotation is on."""
        beginning = f"{self.prefix}/"
        with secrets_manager("list the secrets"):
            pages = self.secrets.get_paginator("list_secrets").paginate(
                Filters=[{"Key": "name", "Values": [beginning]}]
            )
            for secret in (secret for page in pages for secret in page["SecretList"]):
                model = secret["Name"].removeprefix(beginning)
                if model != secret["Name"] and not model.startswith("_") and "/" not in model:
                    yield secret["Name"], secret.get("RotationEnabled", False)

    def _key_of(self, name: str, now: datetime, *, rotation_enabled: bool) -> ModelKey | None:
        """Return what is known of a key, None if there is none, or it can't be read."""
        model = name.removeprefix(f"{self.prefix}/")
        try:
            with secrets_manager(f"read {name}"):
                secret = self.secrets.get_secret_value(SecretId=name)
        except SecretsUnavailableError as error:
            count("ApiKeysUnwatched")
            logger.error("The end of a model's API key is unknown", model=model, reason=str(error))
            return None
        if api_key_in(secret.get("SecretString")) is None:
            logger.info("A model has no API key yet", model=model)
            return None
        end_date = _end_date_in(secret["SecretString"])
        ends_at, end = parse_end_date(end_date, now), f"end_date: {end_date}"
        if ends_at is None:
            ends_at, end = secret["CreatedDate"] + LIFETIME, "30 days after it was stored"
            logger.info("No end_date that can be read: 30 days from when the key was stored", model=model)
        days_left = (ends_at - now) // timedelta(days=1)
        message = _message(name, days_left, end, rotation_enabled=rotation_enabled)
        return ModelKey(model, name, days_left, end_date, rotation_enabled, message)

    def _warn(self, key: ModelKey) -> None:
        logger.warning(
            "An API key ends soon", model=key.model, days_left=key.days_left, rotation_enabled=key.rotation_enabled
        )
        entry: Any = {
            "Source": "prediction-one-retrain",
            "DetailType": "API Key Expires Soon",
            "Detail": json.dumps(asdict(key), ensure_ascii=False),
        }
        subject = f"The API key of {key.model} {_when(key.days_left)}"[:MAX_SUBJECT_CHARACTERS]
        try:
            failed = self.events.put_events(Entries=[entry])["FailedEntryCount"]
            self.sns.publish(TopicArn=self.topic_arn, Subject=subject, Message=key.message)
        except (ClientError, BotoCoreError) as exc:
            failed, reason = 1, str(exc)
        else:
            reason = "EventBridge did not take the event"
        if failed:
            count("WarningsUnsent")
            logger.error("A warning could not be sent; it is tried again tomorrow", model=key.model, reason=reason)


def _end_date_in(text: str | None) -> object:
    try:
        value = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return value.get("end_date") if isinstance(value, dict) else None


def _when(days_left: int) -> str:
    if days_left < 0:
        return "has ended"
    return {0: "ends within a day", 1: "ends in 1 day"}.get(days_left, f"ends in {days_left} days")


def _message(name: str, days_left: int, end: str, *, rotation_enabled: bool) -> str:
    """Return what a person should know and do, in plain sentences."""
    model = name.rpartition("/")[2]
    if rotation_enabled:
        advice = (
            f"Its rotation is on, but fails: the rotate function's log says why (search for {name}). When that is "
            f"mended: aws secretsmanager rotate-secret --secret-id {name}"
        )
    else:
        advice = (
            "Its rotation is off. Turn it on: aws secretsmanager rotate-secret "
            f"--secret-id {name} --rotation-lambda-arn ROTATE_FUNCTION_ARN "
            "--rotation-rules AutomaticallyAfterDays=14 (the ARN is an output of the stack, and the secret needs a "
            "model_id), or store a new key in it."
        )
    return (
        f"The Prediction One API key of model {model} {_when(days_left)} ({end}). Without a new key, files of {model} "
        f"are no longer sent. {advice} If the model is no longer used: delete the secret {name}."
    )

"""The models' API keys: how long they last, and whether they are renewed; never the keys themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from p1_retrain.stack import OperationError, Stack
from retrain.keys.model_secret import model_of

LIFETIME_DAYS = 30
"""Of every key (manual, `train_api/get_api_key_api`)."""

ROTATION_DAYS = 14
WARNING_DAYS = 7
"""As in the watch function."""


@dataclass(frozen=True)
class ModelKey:
    """A model's secret.

    Attributes
    ----------
    days_left
        Days until its API key ends, as the watch function measured it; otherwise 30 days after the secret was changed.
    is_measured
        Whether the watch function measured it.
    rotation
        `on`, `off` or `failed` (it is overdue).
    """

    model: str
    days_left: int
    is_measured: bool
    rotation: str
    last_changed_at: datetime

    @property
    def needs_a_person(self) -> bool:
        """Return whether the key ends soon."""
        return self.days_left <= WARNING_DAYS or self.rotation == "failed"


def model_keys(stack: Stack) -> list[ModelKey]:
    """Return the keys of all models, the one that ends first in front."""
    return sorted(_keys(stack), key=lambda key: key.days_left)


def add_model(stack: Stack, model: str, model_id: str) -> None:
    """Create a model's secret, and turn on its rotation, which issues the first API key at once.

    Raises
    ------
    OperationError
        The secret exists already.
    """
    secrets, name = stack.client("secretsmanager"), f"{stack.parameter('SecretPrefix')}/{model}"
    try:
        secrets.create_secret(Name=name, SecretString=json.dumps({"model_id": model_id}))
    except secrets.exceptions.ResourceExistsException as exc:
        raise OperationError(
            f"The secret {name} exists already. Rotate it: aws secretsmanager rotate-secret --secret-id {name}"
        ) from exc
    secrets.rotate_secret(
        SecretId=name,
        RotationLambdaARN=stack.output("RotateFunctionArn"),
        RotationRules={"AutomaticallyAfterDays": ROTATION_DAYS},
    )


def secrets_of_models(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each model and what Secrets Manager says of its secret, without the secret."""
    prefix = stack.parameter("SecretPrefix")
    pages = (
        stack.client("secretsmanager")
        .get_paginator("list_secrets")
        .paginate(Filters=[{"Key": "name", "Values": [f"{prefix}/"]}])
    )
    for secret in (secret for page in pages for secret in page["SecretList"]):
        if (model := model_of(secret["Name"], prefix)) is not None:
            yield model, secret


def _keys(stack: Stack) -> Iterator[ModelKey]:
    now = datetime.now(UTC)
    for model, secret in secrets_of_models(stack):
        changed = secret.get("LastChangedDate", secret.get("CreatedDate", now))
        measured = _measured_days(stack, model)
        days = (changed + timedelta(days=LIFETIME_DAYS) - now).days if measured is None else measured
        yield ModelKey(model, days, measured is not None, _rotation(secret, now), changed)


def _rotation(secret: dict[str, Any], now: datetime) -> str:
    if not secret.get("RotationEnabled"):
        return "off"
    return "failed" if secret.get("NextRotationDate", now) < now - timedelta(days=1) else "on"


def _measured_days(stack: Stack, model: str) -> int | None:
    found = stack.client("cloudwatch").get_metric_statistics(
        Namespace=f"PredictionOneRetrain/{stack.name}",
        MetricName="ApiKeyDaysLeft",
        Dimensions=[{"Name": "model", "Value": model}, {"Name": "service", "Value": "watch"}],
        StartTime=datetime.now(UTC) - timedelta(days=2),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=3600,
        Statistics=["Minimum"],
    )["Datapoints"]
    newest = max(found, key=lambda point: point["Timestamp"], default=None)
    return None if newest is None else int(newest["Minimum"])

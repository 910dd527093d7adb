"""The models' API keys: when each ends, and whether it is renewed. No secret is read: a viewer must not be able to.

The days left come from the metric that the watch function sends once a day; without it, from when the secret's value
was stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from p1_retrain.stack import Stack
from retrain.keys.end_date import LIFETIME, WARNING_DAYS
from retrain.keys.model_secret import model_of
from retrain.moments import iso_utc
from retrain.operator_commands import p1_retrain

PENDING_FOR = timedelta(minutes=10)
"""How long a rotation may take before it counts as failed: its four steps take seconds."""

QUERIES_AT_A_TIME = 100
"""Of one GetMetricData; it takes up to 500."""


@dataclass(frozen=True)
class Key:
    """A model's API key.

    Attributes
    ----------
    model, secret_name
        Whose, and where it is.
    days_left
        Until it ends; negative if it has ended.
    days_from
        `watch` if the watch function read when it ends, `age` if 30 days after it was stored are assumed.
    rotation
        `on`, `off`, or `failing` if the last rotation did not complete.
    last_rotated_at, next_rotation_at
        ISO 8601, UTC; None if never or not known.
    trouble
        What a person should know; None if all is well.
    command
        What to run then.
    """

    model: str
    secret_name: str
    days_left: int
    days_from: str
    rotation: str
    last_rotated_at: str | None
    next_rotation_at: str | None
    trouble: str | None
    command: str | None

    @property
    def needs_person(self) -> bool:
        """Return whether a person must act: a rotation that is off is a choice, until the key ends soon."""
        return self.trouble is not None


def keys_of(stack: Stack, now: datetime) -> list[Key]:
    """Return the keys of all models, that which ends first in front.

    Raises
    ------
    BotoCoreError, ClientError
        AWS refused to say, or did not answer.
    """
    secrets = secrets_of_models(stack)
    measured = _days_measured(stack, list(secrets), now)
    keys = [_key(stack, model, secret, measured.get(model), now) for model, secret in secrets.items()]
    return sorted(keys, key=lambda key: (key.days_left, key.model))


def secrets_of_models(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return what is known of each model's secret, without its value, by model.

    Raises
    ------
    BotoCoreError, ClientError
        AWS refused to say, or did not answer.
    """
    prefix = stack.secret_prefix
    filters = [{"Key": "name", "Values": [f"{prefix}/"]}]
    pages = stack.client("secretsmanager").get_paginator("list_secrets").paginate(Filters=filters)
    found = (secret for page in pages for secret in page["SecretList"])
    return {model: secret for secret in found if (model := model_of(secret["Name"], prefix))}


def _days_measured(stack: Stack, models: list[str], now: datetime) -> dict[str, tuple[int, datetime]]:
    """Return the days that the watch function last saw, and when, by model."""
    days: dict[str, tuple[int, datetime]] = {}
    for start in range(0, len(models), QUERIES_AT_A_TIME):
        some = models[start : start + QUERIES_AT_A_TIME]
        queries = [_query(stack, number, model) for number, model in enumerate(some)]
        answer = stack.client("cloudwatch").get_metric_data(
            MetricDataQueries=queries, StartTime=now - timedelta(days=3), EndTime=now, ScanBy="TimestampDescending"
        )
        for result in answer["MetricDataResults"]:
            if result["Values"]:
                days[some[int(result["Id"][1:])]] = int(result["Values"][0]), result["Timestamps"][0]
    return days


def _query(stack: Stack, number: int, model: str) -> dict[str, Any]:
    metric = {
        "Namespace": f"PredictionOneRetrain/{stack.name}",
        "MetricName": "ApiKeyDaysLeft",
        "Dimensions": [{"Name": "model", "Value": model}],
    }
    return {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Minimum"}}


def _key(
    stack: Stack, model: str, secret: Mapping[str, Any], measured: tuple[int, datetime] | None, now: datetime
) -> Key:
    changed_at: datetime = secret.get("LastChangedDate") or secret["CreatedDate"]
    rotated_at: datetime | None = secret.get("LastRotatedDate")
    if measured and not (rotated_at and rotated_at > measured[1]):
        days_left, days_from = measured[0] - (now - measured[1]) // timedelta(days=1), "watch"
    else:
        days_left, days_from = ((rotated_at or changed_at) + LIFETIME - now) // timedelta(days=1), "age"
    rotation = _rotation(secret, now)
    trouble, command = _trouble(stack, model, secret["Name"], days_left, rotation)
    next_at = secret.get("NextRotationDate")
    return Key(
        model=model,
        secret_name=secret["Name"],
        days_left=days_left,
        days_from=days_from,
        rotation=rotation,
        last_rotated_at=iso_utc(rotated_at) if rotated_at else None,
        next_rotation_at=iso_utc(next_at) if next_at else None,
        trouble=trouble,
        command=command,
    )


def _rotation(secret: Mapping[str, Any], now: datetime) -> str:
    if not secret.get("RotationEnabled"):
        return "off"
    stages = secret.get("SecretVersionsToStages", {}).values()
    pending = any("AWSPENDING" in labels and "AWSCURRENT" not in labels for labels in stages)
    return "failing" if pending and now - secret["LastChangedDate"] > PENDING_FOR else "on"


def _trouble(stack: Stack, model: str, name: str, days_left: int, rotation: str) -> tuple[str | None, str | None]:
    rotate = f"aws secretsmanager rotate-secret --secret-id {name}"
    ends = "has ended" if days_left < 0 else f"ends in {days_left} days"
    if rotation == "failing":
        why = f"aws logs filter-log-events --log-group-name {stack.log_group('rotate')} --filter-pattern '\"{name}\"'"
        return f"The key {ends}, and its last rotation did not complete: its log says why.", why
    if days_left > WARNING_DAYS:
        return None, None
    if rotation == "on":
        return f"The key {ends}, though its rotation is on: rotate it now.", rotate
    turn_on = p1_retrain(stack.name, "keys", "rotate", model)
    return f"The key {ends}, and its rotation is off: turn it on, or store a new key.", turn_on

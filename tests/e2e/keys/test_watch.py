"""The deployed watch function warns people and programs in time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.processes import wait_for
from local.stack import LocalStack
from tests.e2e.keys.rotating import ModelSecret, rotating_secret
from tests.e2e.policies import is_allowed
from tests.listener import Listener


@pytest.fixture
def ending(stack: LocalStack, model: str) -> Iterator[ModelSecret]:
    """Give a model whose key ends in 5 days, although its rotation is on."""
    end_date = (datetime.now(UTC) + timedelta(days=5.5)).strftime("%Y/%m/%d %H:%M:%S")
    secret = rotating_secret(stack, model, api_key=stack.prediction_one.issue_key(model), end_date=end_date)
    yield secret
    secret.client.delete_secret(SecretId=secret.name, ForceDeleteWithoutRecovery=True)


def look(stack: LocalStack) -> dict[str, Any]:
    """Invoke the function as its schedule does."""
    answer = stack.aws.client("lambda").invoke(FunctionName=stack.outputs["WatchFunctionName"], Payload=b"{}")
    result: dict[str, Any] = json.loads(answer["Payload"].read())
    return result


def test_people_and_rules_are_told(stack: LocalStack, listener: Listener, ending: ModelSecret) -> None:
    """What they get names the model and what to do, and holds no key."""
    assert look(stack)["models"] == [ending.model]

    wait_for("the event and the e-mail", lambda: all(listener.warnings_of(ending.model)))
    (event,), (notification,) = listener.warnings_of(ending.model)
    assert f"The API key of {ending.model} ends in 5 days" in notification
    assert "Its rotation is on, but has not renewed the key" in notification
    assert event["detail"]["days_left"] == 5
    assert not any(key in notification + json.dumps(event) for key in ending.issued)
    wait_for("the metric", lambda: any("ApiKeyDaysLeft" in line and ending.model in line for line in stack.log_lines()))


def test_schedule_is_daily(stack: LocalStack) -> None:
    """One schedule invokes it."""
    schedules = stack.aws.client("scheduler")
    found = [schedules.get_schedule(Name=one["Name"]) for one in schedules.list_schedules()["Schedules"]]

    of_watch = [one for one in found if one["Target"]["Arn"].endswith(stack.outputs["WatchFunctionName"])]
    assert [one["ScheduleExpression"] for one in of_watch] == ["rate(1 day)"]


def test_watch_publishes_to_its_topic_alone(stack: LocalStack) -> None:
    """Looked up in the policy: a topic's own default policy lets everybody in the account publish."""
    topic = stack.outputs["NotificationTopicArn"]

    decisions = [is_allowed(stack, "watch", "sns:Publish", arn) for arn in (topic, f"{topic}-other")]

    assert decisions == [True, False]

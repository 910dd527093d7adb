"""The deployed watch function tells people in time, needs each of its actions, and can't read the account's secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.processes import wait_for
from local.rotation import ACCOUNT
from local.stack import LocalStack
from tests.e2e.keys.rotating import ModelSecret, rotating_secret
from tests.e2e.policies import UNCHECKED_ACTIONS, allowed_actions, is_allowed, without_action

RULE = "key-watch-test"


@dataclass(frozen=True)
class Listener:
    """A queue that gets what the watch function publishes."""

    sqs: Any
    queue_url: str

    def wait_for(self, model: str) -> list[str]:
        """Return the event and the notification about a model as texts, once both are there."""
        found: list[str] = []

        def both() -> bool:
            answer = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
            found.extend(message["Body"] for message in answer.get("Messages", []) if model in message["Body"])
            return len(found) == 2

        wait_for("the event and the notification", both)
        return sorted(found)


@pytest.fixture(scope="module")
def listener(stack: LocalStack) -> Iterator[Listener]:
    """Listen to the stack's topic, and to the default event bus with a rule."""
    sqs, events = stack.aws.client("sqs"), stack.aws.client("events")
    queue_url = sqs.create_queue(QueueName=RULE)["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue_arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": policy})
    topic = stack.outputs["NotificationTopicArn"]
    subscription = stack.aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    pattern = {"source": ["prediction-one-retrain"], "detail-type": ["API Key Expires Soon"]}
    events.put_rule(Name=RULE, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=RULE, Targets=[{"Id": "1", "Arn": queue_arn}])
    yield Listener(sqs, queue_url)
    stack.aws.client("sns").unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    events.remove_targets(Rule=RULE, Ids=["1"])
    events.delete_rule(Name=RULE)


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

    notification, event = sorted(listener.wait_for(ending.model), key=lambda text: "detail-type" in text)
    assert f"The API key of {ending.model} ends in 5 days" in notification
    assert "Its rotation is on, but has not renewed it" in notification
    assert json.loads(event)["detail"]["days_left"] == 5
    assert not any(key in notification + event for key in ending.issued)
    wait_for("the metric", lambda: any("ApiKeyDaysLeft" in line and ending.model in line for line in stack.log_lines()))


@pytest.mark.parametrize(
    ("action", "logged"),
    [("secretsmanager:GetSecretValue", "is unknown"), ("events:PutEvents", "could not be sent")],
)
def test_watch_needs_the_action(stack: LocalStack, ending: ModelSecret, action: str, logged: str) -> None:
    """Without it, the log says what could not be done for which model."""
    with without_action(stack, "watch", action):
        look(stack)

    def refusal() -> bool:
        lines = [line for line in stack.log_lines() if ending.model in line and logged in line]
        return any("AccessDenied" in line for line in lines)

    assert wait_for("the refusal in the log", refusal)


def test_watch_needs_to_list_the_secrets(stack: LocalStack) -> None:
    """Without that, it fails as a whole."""
    with without_action(stack, "watch", "secretsmanager:ListSecrets"):
        answer = look(stack)

    assert "did not list the secrets (AccessDenied" in answer["errorMessage"]


def test_watch_publishes_to_its_topic_alone(stack: LocalStack) -> None:
    """Looked up in the policy: a topic's own default policy lets everybody in the account publish to it."""
    topic = stack.outputs["NotificationTopicArn"]

    decisions = [is_allowed(stack, "watch", "sns:Publish", arn) for arn in (topic, f"{topic}-other")]

    assert decisions == [True, False]


def test_every_action_is_tried_here(stack: LocalStack) -> None:
    """An action that nobody misses has no place in the policy."""
    tried = {"secretsmanager:ListSecrets", "secretsmanager:GetSecretValue", "events:PutEvents", "sns:Publish"}

    assert allowed_actions(stack, "watch") - UNCHECKED_ACTIONS["watch"] == tried


@pytest.mark.parametrize("name", ["prediction-one/penguins", ACCOUNT, "penguins"])
def test_account_secret_is_not_read(stack: LocalStack, name: str) -> None:
    """Its ends nobody: only the rotate function needs it."""
    arn = f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{name}-a1B2c3"

    assert is_allowed(stack, "watch", "secretsmanager:GetSecretValue", arn) == (name == "prediction-one/penguins")


def test_schedule_is_daily(stack: LocalStack) -> None:
    """One schedule invokes it."""
    schedules = stack.aws.client("scheduler")
    found = [schedules.get_schedule(Name=one["Name"]) for one in schedules.list_schedules()["Schedules"]]

    of_watch = [one for one in found if one["Target"]["Arn"].endswith(stack.outputs["WatchFunctionName"])]
    assert [one["ScheduleExpression"] for one in of_watch] == ["rate(1 day)"]

"""The watch function against a real Secrets Manager, EventBridge and SNS: people are told in time, and only then."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from local.ministack import MiniStack
from retrain.errors import SecretsUnavailableError
from retrain.keys.watch import ModelKey
from tests.conftest import EVENTS
from tests.functional.conftest import API_KEY, SECRET_PREFIX, AwsCall, Invocation
from tests.listener import Listener
from watch_handler import _watch, handler

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

Output = Callable[[], list[dict[str, Any]]]


@dataclass(frozen=True)
class Watch:
    """The watch function, cold, with a prefix of its own, and what people and EventBridge's rules get of it."""

    aws: MiniStack
    secrets: SecretsManagerClient
    listener: Listener
    prefix: str

    def look(self) -> list[str]:
        """Invoke it as its schedule does, and return the models that it warned of."""
        event = json.loads((EVENTS / "watch_schedule.json").read_text())
        context = Invocation(str(uuid.uuid4()), 300, function_name="watch")
        models: list[str] = handler(event, cast("LambdaContext", context))["models"]
        return models

    def look_later(self, days: float) -> list[ModelKey]:
        """Have it look as if so many days had gone by."""
        return _watch().look(datetime.now(UTC) + timedelta(days=days))

    def store(self, model: str, **fields: Any) -> str:
        """Create a model's secret."""
        name = f"{self.prefix}/{model}"
        self.secrets.create_secret(Name=name, SecretString=json.dumps({"api_key": API_KEY, **fields}))
        return name


@pytest.fixture
def watch(
    aws: MiniStack, secrets: SecretsManagerClient, model: str, cold_function: Callable[..., list[AwsCall]]
) -> Iterator[Watch]:
    """Set it up, with a listener to every event and every notification."""
    prefix = f"{SECRET_PREFIX}-{model}"
    topic_arn = aws.client("sns").create_topic(Name=model)["TopicArn"]
    cold_function(_watch, SECRET_PREFIX=prefix, NOTIFICATION_TOPIC_ARN=topic_arn, STACK_NAME="stack")
    with Listener(aws, topic_arn) as listener:
        yield Watch(aws, secrets, listener, prefix)


def in_days(days: float) -> str:
    """Return the moment in so many days, in ISO 8601."""
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def days_published(lines: list[dict[str, Any]]) -> dict[str, list[int]]:
    """Return what the metric says of each model."""
    return {line["model"]: line["ApiKeyDaysLeft"] for line in lines if "ApiKeyDaysLeft" in line and "model" in line}


def test_key_with_time_left_is_measured_and_no_more(watch: Watch, stdout: Output) -> None:
    """Only the metric is published."""
    watch.store("healthy", end_date=in_days(20.5))
    watch.store("last-day", end_date=in_days(8.1))

    assert watch.look() == []

    assert days_published(stdout()) == {"healthy": [20], "last-day": [8]}
    assert (watch.listener.events, watch.listener.notifications) == ([], [])


@pytest.mark.parametrize(
    ("days", "words"),
    [(7.5, "ends in 7 days"), (1.5, "ends in 1 day"), (0.5, "ends within a day"), (-2.5, "has ended")],
)
def test_key_that_ends_soon_is_told_to_people_and_to_rules(
    watch: Watch, stdout: Output, days: float, words: str
) -> None:
    """In plain sentences: what will happen, to which model, and what to do."""
    end_date = in_days(days)
    name = watch.store("penguins", end_date=end_date)

    assert watch.look() == ["penguins"]

    (event,), (notification,) = watch.listener.events, watch.listener.notifications
    message = event["detail"].pop("message")
    assert event["detail-type"] == "API Key Expires Soon"
    assert event["detail"] == {
        "model": "penguins",
        "secret_name": name,
        "days_left": int(days // 1),
        "end_date": end_date,
        "rotation_enabled": False,
        "headline": notification["Subject"],
    }
    assert notification["Message"] == message
    assert notification["Subject"] == f"The API key of penguins {words}"
    assert message.startswith(f"{notification['Subject']} (end_date: {end_date}). ")
    assert f"Its rotation is off. Turn it on: aws secretsmanager rotate-secret --secret-id {name}" in message
    assert API_KEY not in json.dumps([event, notification, stdout()])


def test_rotation_that_did_not_renew_is_told_apart(watch: Watch) -> None:
    """It is on, and yet the key ends: it fails, and the log says why, or it comes too seldom."""
    name = watch.store("penguins", end_date=in_days(3.5))
    watch.secrets.rotate_secret(SecretId=name, RotationRules={"AutomaticallyAfterDays": 14})

    watch.look()

    (event,) = watch.listener.events
    assert event["detail"]["rotation_enabled"] is True
    message = event["detail"]["message"]
    advice = "on, but has not renewed the key: it fails, or its interval is too long. If it fails, the rotate function"
    assert advice in message
    assert f"rotate-secret --secret-id {name} (add --rotation-rules AutomaticallyAfterDays=14 to " in message


@pytest.mark.parametrize(
    ("text", "rotation_enabled", "advice"),
    [
        ('{"model_id": "1001"}', False, "Its rotation is off. Turn it on: "),
        ('{"model_id": "1001"}', True, "Its rotation is on, but has not issued a key: it fails, or is not due yet."),
        ("5ec4e7 with spaces", False, "Or store a new key in the secret."),
    ],
)
def test_model_that_gets_no_key_is_told(watch: Watch, text: str, advice: str, *, rotation_enabled: bool) -> None:
    """Rotation was never turned on, or failed from the start: a day later, people and rules are warned."""
    name = f"{watch.prefix}/penguins"
    watch.secrets.create_secret(Name=name, SecretString=text)
    if rotation_enabled:
        watch.secrets.rotate_secret(SecretId=name, RotationRules={"AutomaticallyAfterDays": 14})

    found = [len(watch.look_later(days)) for days in (0.9, 1.1)]

    (event,), (notification,) = [one["detail"] for one in watch.listener.events], watch.listener.notifications
    assert found == [0, 1]
    assert (event["model"], event["days_left"], event["rotation_enabled"]) == ("penguins", 0, rotation_enabled)
    assert (notification["Subject"], notification["Message"]) == (event["headline"], event["message"])
    assert event["headline"] == "The model penguins has no API key yet"
    assert f"its secret {name} contains no usable key" in event["message"]
    assert advice in event["message"]
    assert "5ec4e7" not in json.dumps([event, notification])


def test_subject_of_a_long_name_is_one_that_sns_takes(watch: Watch) -> None:
    """Fewer than 100 characters; the text has the whole name."""
    name = watch.store("penguins-" * 15, end_date=in_days(1.5))

    watch.look()

    (notification,) = watch.listener.notifications
    assert (len(notification["Subject"]), notification["Subject"][-3:]) == (99, "...")
    assert name in notification["Message"]


@pytest.mark.parametrize("end_date", ["soon", None, 5, {"a": 1}])
def test_unreadable_end_date_counts_30_days_from_its_storing(watch: Watch, stdout: Output, end_date: Any) -> None:
    """It never fails because of it, and nobody is left without a warning."""
    watch.store("penguins", end_date=end_date)

    assert watch.look() == []

    assert days_published(stdout())["penguins"] in ([29], [30])


def test_bare_key_is_watched_too(watch: Watch, stdout: Output) -> None:
    """A secret without any fields, as it may be stored."""
    watch.secrets.create_secret(Name=f"{watch.prefix}/bare", SecretString=API_KEY)

    watch.look()

    assert list(days_published(stdout())) == ["bare"]


def test_secrets_of_no_model_and_models_without_a_key_are_passed_over(watch: Watch, stdout: Output) -> None:
    """The account's secret, folders, other prefixes, and a model whose first rotation has not come yet."""
    watch.store("_account", end_date=in_days(1))
    watch.store("folder/model", end_date=in_days(1))
    watch.secrets.create_secret(Name=f"x-{watch.prefix}/penguins", SecretString=API_KEY)
    watch.secrets.create_secret(Name=f"{watch.prefix}/new", SecretString='{"model_id": "1001"}')
    watch.secrets.create_secret(Name=f"{watch.prefix}/garbage", SecretString='{"a":' * 10_000)

    assert watch.look() == []

    assert days_published(stdout()) == {}


def test_one_unreadable_secret_does_not_stop_the_others(
    watch: Watch, stdout: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named in the log and counted; here, its value is gone while it is being looked at."""
    for name in ("a", "b", "c"):
        watch.store(name, end_date=in_days(1.5))
    listed = watch.secrets.list_secrets(Filters=[{"Key": "name", "Values": [f"{watch.prefix}/"]}])["SecretList"]
    client = _watch().secrets
    monkeypatch.setattr(
        client, "get_paginator", lambda _: type("Pages", (), {"paginate": lambda *_, **__: [{"SecretList": listed}]})()
    )
    watch.secrets.delete_secret(SecretId=f"{watch.prefix}/b", RecoveryWindowInDays=7)

    assert watch.look() == ["a", "c"]

    lines = stdout()
    assert [line["model"] for line in lines if line.get("level") == "ERROR"] == ["b"]
    assert [line["ApiKeysUnreadable"] for line in lines if "ApiKeysUnreadable" in line] == [[1]]


def test_many_models_are_all_looked_at(watch: Watch, stdout: Output) -> None:
    """More than one page of the list of secrets."""
    for number in range(120):
        watch.store(f"model-{number}", end_date=in_days(20))

    watch.look()

    assert len(days_published(stdout())) == 120


def test_warning_that_can_t_be_sent_does_not_stop_the_others(
    watch: Watch, stdout: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes again tomorrow."""
    monkeypatch.setenv("NOTIFICATION_TOPIC_ARN", "arn:aws:sns:us-east-1:000000000000:gone")
    _watch.cache_clear()
    for name in ("a", "b"):
        watch.store(name, end_date=in_days(1.5))

    assert watch.look() == ["a", "b"]

    errors = [line for line in stdout() if line.get("level") == "ERROR"]
    assert [(line["model"], "NotFound" in line["reason"]) for line in errors] == [("a", True), ("b", True)]


@pytest.mark.parametrize("trouble", ["call", "entry"])
def test_e_mail_goes_out_even_if_the_event_does_not(
    watch: Watch, stdout: Output, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """EventBridge can't be reached, or refuses the entry: a source that begins with `aws.` is AWS's own."""
    if trouble == "call":
        monkeypatch.setenv("AWS_ENDPOINT_URL_EVENTBRIDGE", "http://127.0.0.1:9")
    else:
        monkeypatch.setattr("retrain.aws.event_bus.SOURCE", "aws.retrain")
    _watch.cache_clear()
    watch.store("penguins", end_date=in_days(1.5))

    assert watch.look() == ["penguins"]

    assert [one["Subject"] for one in watch.listener.notifications] == ["The API key of penguins ends in 1 day"]
    lines = stdout()
    (error,) = [line for line in lines if line.get("level") == "ERROR"]
    assert (error["model"], "EventBridge refused the event" in error["reason"]) == ("penguins", True)
    assert [line["WarningsUnsent"] for line in lines if "WarningsUnsent" in line] == [[1]]


def test_list_that_can_t_be_had_is_said(watch: Watch, stdout: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing was watched, and Lambda tries again."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:9")
    _watch.cache_clear()

    with pytest.raises(SecretsUnavailableError, match="did not list the secrets"):
        watch.look()

    assert [line["error_code"] for line in stdout() if line.get("level") == "ERROR"] == ["SECRETS_UNAVAILABLE"]

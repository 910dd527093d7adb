"""What EventBridge or SNS can never take is kept or shortened for people, and delays nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from announce_handler import _announcer
from local.ministack import MiniStack
from local.processes import wait_for
from retrain.aws.topic import MAX_MESSAGE_BYTES
from retrain.telling.dead_letters import MAX_LETTER_BYTES
from tests.functional.telling.conftest import AnnounceFunction
from tests.functional.telling.strict_bus import StrictBus
from tests.listener import Listener
from tests.streams import sample_job, stream_event

pytestmark = pytest.mark.usefixtures("no_secret_in_output")

TRAINING, SWITCHED = (sample_job(status=status) for status in ("TRAINING", "SWITCHED"))
TOO_LARGE = sample_job(note="\x01" * 200_000)  # an item within DynamoDB's 400 KB, and JSON of 1.2 MB
MALFORMED = sample_job(note=10**30)
REFUSED = pytest.mark.parametrize(
    ("finished", "reason"),
    [(TOO_LARGE, "Total size of the entries"), (MALFORMED, "MalformedDetail")],
    ids=["too large", "malformed"],
)


@pytest.fixture
def _strict_bus(aws: MiniStack, announce_function: AnnounceFunction, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the function call an EventBridge that is as strict as AWS's."""
    assert announce_function
    with StrictBus(aws) as bus:
        monkeypatch.setenv("AWS_ENDPOINT_URL_EVENTBRIDGE", bus.url)
        yield


@pytest.mark.usefixtures("_strict_bus")
@REFUSED
def test_refused_event_delays_nothing(
    announce_function: AnnounceFunction, listener: Listener, finished: dict[str, Any], reason: str
) -> None:
    """It is kept with the reason; its e-mail and the events before and behind it arrive."""
    event = stream_event((None, TRAINING), (TRAINING, finished), (finished, SWITCHED))

    assert announce_function.handle(event) == []

    (letter,) = announce_function.dead_letters()
    assert reason in letter["reason"]
    assert (letter["object_uri"], letter["object_version"]) == (finished["object_uri"], finished["object_version"])
    assert (letter["source"], letter["detail-type"]) == ("prediction-one-retrain", "Retrain Job Status Changed")
    steps = [(None, "TRAINING"), ("FINISHED", "SWITCHED")]
    wait_for("the other events", lambda: listener.steps_of(TRAINING["object_uri"]) == steps)
    (notification,) = wait_for("the notification", lambda: listener.notifications)
    assert notification["Subject"] == "Prediction One retrain: finished: penguins"


@pytest.mark.usefixtures("_strict_bus")
def test_kept_event_is_whole_if_it_fits(announce_function: AnnounceFunction) -> None:
    """A person can correct its detail and send it."""
    announce_function.handle(stream_event((TRAINING, MALFORMED)))

    (letter,) = announce_function.dead_letters()
    assert json.loads(letter["detail"]) == {
        **MALFORMED,
        "size_bytes": 15241,
        "attempts": 1,
        "previous_status": "TRAINING",
    }
    assert letter["time"] == "2026-11-23T01:05:00+00:00"


@pytest.mark.usefixtures("_strict_bus")
@REFUSED
def test_refused_event_is_counted_and_logged(
    announce_function: AnnounceFunction,
    stdout: Callable[[], list[dict[str, Any]]],
    finished: dict[str, Any],
    reason: str,
) -> None:
    """An alarm can be set on it; the line says which change it is, why, and what to do."""
    announce_function.handle(stream_event((None, TRAINING), (TRAINING, finished)))

    lines = stdout()
    (failure,) = [line for line in lines if line.get("level") == "ERROR"]
    shown = (failure["object_uri"], failure["status"], failure["error_code"])
    assert shown == (finished["object_uri"], "FINISHED", "EVENT_REFUSED")
    assert reason in failure["reason"]
    assert "What to do: read it" in failure["message"]
    (metrics,) = [line for line in lines if "_aws" in line]
    assert (metrics["AnnouncementsFailed"], metrics["StatusChangesAnnounced"]) == ([1], [1])


@pytest.mark.usefixtures("_strict_bus")
def test_refused_event_comes_again_if_it_cannot_be_kept(
    announce_function: AnnounceFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only then does it delay what is behind it: nothing is given up in silence."""
    monkeypatch.setenv("ANNOUNCE_DEAD_LETTER_QUEUE_URL", f"{announce_function.dead_letter_queue_url}-not-there")
    event = stream_event((None, TRAINING), (TRAINING, MALFORMED), (MALFORMED, SWITCHED))

    assert announce_function.handle(event) == ["2"]

    monkeypatch.setenv("ANNOUNCE_DEAD_LETTER_QUEUE_URL", announce_function.dead_letter_queue_url)
    _announcer.cache_clear()
    assert announce_function.handle({"Records": event["Records"][1:]}) == []
    assert len(announce_function.dead_letters()) == 1


def test_large_notification_arrives_without_its_middle(announce_function: AnnounceFunction, listener: Listener) -> None:
    """SNS takes 256 KiB: people learn what happened, to which file, and that something is left out."""
    rejected = sample_job(status="REJECTED", error_code="EMPTY_FILE", error_message="ペ" * 120_000)

    assert announce_function.handle(stream_event((None, rejected))) == []

    (notification,) = wait_for("the notification", lambda: listener.notifications)
    message = notification["Message"]
    assert len(message.encode()) <= MAX_MESSAGE_BYTES
    assert message.startswith("We refused this file before sending anything to Prediction One.")
    assert "characters are left out here" in message
    assert f"File: {rejected['object_uri']}\n" in message
    assert announce_function.dead_letters() == []


@pytest.mark.parametrize("character", ["\x01", "ペ", "🐧"])
def test_large_notification_that_sns_refuses_is_kept_without_its_middle(
    announce_function: AnnounceFunction, topic_arn: str, monkeypatch: pytest.MonkeyPatch, character: str
) -> None:
    """A dead letter has its limit, too, and characters that SQS refuses."""
    monkeypatch.setenv("NOTIFICATION_TOPIC_ARN", f"{topic_arn}-that-is-not-there")
    rejected = sample_job(status="REJECTED", error_code="EMPTY_FILE", error_message=character * 100_000)

    assert announce_function.handle(stream_event((None, rejected))) == []

    (letter,) = announce_function.dead_letters()
    assert len(json.dumps(letter)) <= MAX_LETTER_BYTES
    assert "characters are left out here" in letter["body"]
    assert f"File: {rejected['object_uri']}\n" in letter["body"]

"""A change that cannot be announced is repeated with all behind it; a missed e-mail is kept for people."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from announce_handler import _announcer
from local.processes import wait_for
from retrain.errors import AnnouncementFailedError
from tests.functional.telling.conftest import AnnounceFunction
from tests.listener import Listener
from tests.streams import sample_event, sample_job, stream_event

pytestmark = pytest.mark.usefixtures("no_secret_in_output")

TRAINING, FINISHED, SWITCHED = (sample_job(status=status) for status in ("TRAINING", "FINISHED", "SWITCHED"))


@pytest.fixture
def no_topic(
    announce_function: AnnounceFunction, topic_arn: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Take the topic away; what is given brings it back."""
    assert announce_function
    monkeypatch.setenv("NOTIFICATION_TOPIC_ARN", f"{topic_arn}-that-is-not-there")

    def restore() -> None:
        monkeypatch.setenv("NOTIFICATION_TOPIC_ARN", topic_arn)
        _announcer.cache_clear()

    return restore


@pytest.fixture
def no_dead_letter_queue(announce_function: AnnounceFunction, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the dead-letter queue away."""
    monkeypatch.setenv("ANNOUNCE_DEAD_LETTER_QUEUE_URL", f"{announce_function.dead_letter_queue_url}-not-there")


@pytest.fixture
def refused_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have EventBridge refuse each entry, not the call: a source that begins with `aws.` is AWS's own."""
    monkeypatch.setattr("retrain.aws.event_bus.SOURCE", "aws.retrain")


@pytest.mark.usefixtures("no_topic")
def test_notification_that_sns_refuses_is_kept(announce_function: AnnounceFunction, listener: Listener) -> None:
    """It holds up no event and repeats none; a person finds it in the dead-letter queue."""
    event = stream_event((None, TRAINING), (TRAINING, FINISHED), (FINISHED, SWITCHED))

    assert announce_function.handle(event) == []

    (letter,) = announce_function.dead_letters()
    job = {name: FINISHED[name] for name in ("object_uri", "object_version")}
    assert letter == {"subject": "Prediction One retrain: finished: penguins", "body": letter["body"], **job}
    assert f"File: {FINISHED['object_uri']}\n" in letter["body"]
    steps = [(None, "TRAINING"), ("TRAINING", "FINISHED"), ("FINISHED", "SWITCHED")]
    wait_for("all events", lambda: len(listener.events) == len(steps))
    assert listener.steps_of(TRAINING["object_uri"]) == steps


@pytest.mark.usefixtures("no_topic")
def test_kept_notification_is_counted_and_logged(
    announce_function: AnnounceFunction, stdout: Callable[[], list[dict[str, Any]]]
) -> None:
    """An alarm can be set on it; the line says which job's news people missed, and why."""
    announce_function.handle(stream_event((TRAINING, FINISHED)))

    lines = stdout()
    (failure,) = [line for line in lines if line.get("level") == "ERROR"]
    assert (failure["object_uri"], failure["status"]) == (FINISHED["object_uri"], "FINISHED")
    assert "NotFound" in failure["reason"]
    assert "dead-letter queue" in failure["message"]
    (metrics,) = [line for line in lines if "_aws" in line]
    assert (metrics["NotificationsFailed"], metrics["StatusChangesAnnounced"]) == ([1], [1])
    assert "AnnouncementsFailed" not in metrics


@pytest.mark.usefixtures("no_dead_letter_queue")
def test_first_untold_change_comes_again(
    announce_function: AnnounceFunction, listener: Listener, no_topic: Callable[[], None]
) -> None:
    """The second of three cannot even be kept for people: it is requested again, and the third stays behind it."""
    event = stream_event((None, TRAINING), (TRAINING, FINISHED), (FINISHED, SWITCHED))

    assert announce_function.handle(event) == ["2"]
    wait_for("two events", lambda: len(listener.events) == 2)
    no_topic()
    assert announce_function.handle({"Records": event["Records"][1:]}) == []

    steps = [(None, "TRAINING"), ("TRAINING", "FINISHED"), ("TRAINING", "FINISHED"), ("FINISHED", "SWITCHED")]
    wait_for("all events", lambda: len(listener.events) == len(steps))
    assert listener.steps_of(TRAINING["object_uri"]) == steps
    assert len(listener.notifications) == 1


@pytest.mark.usefixtures("no_topic", "no_dead_letter_queue")
def test_failure_of_the_very_first_is_a_function_error(announce_function: AnnounceFunction) -> None:
    """Nothing of the batch is announced, so all of it comes again, and Lambda's error count shows it."""
    reason = r"SNS refused .*NotFound.* The dead-letter queue refused it, too: .*NonExistentQueue"
    with pytest.raises(AnnouncementFailedError, match=reason):
        announce_function.handle(stream_event((TRAINING, FINISHED), (FINISHED, SWITCHED)))

    assert [call for call, _ in announce_function.calls] == ["PutEvents", "Publish", "SendMessage"]


@pytest.mark.usefixtures("refused_source")
def test_refused_entry_is_a_failure(announce_function: AnnounceFunction, listener: Listener) -> None:
    """EventBridge answers 200 and refuses the entry: that is noticed, and no e-mail goes out before the event."""
    with pytest.raises(AnnouncementFailedError, match="NotAuthorizedForSourceException"):
        announce_function.handle(sample_event())

    assert [call for call, _ in announce_function.calls] == ["PutEvents"]
    assert listener.notifications == []


def test_unreachable_service_is_a_failure(announce_function: AnnounceFunction, monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection, no answer: nothing counts as announced."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://127.0.0.1:1")

    with pytest.raises(AnnouncementFailedError, match="EventBridge refused the event"):
        announce_function.handle(sample_event())


@pytest.mark.usefixtures("no_topic", "no_dead_letter_queue")
def test_log_names_the_change_and_the_reason(
    announce_function: AnnounceFunction, stdout: Callable[[], list[dict[str, Any]]]
) -> None:
    """A person finds which job's news is late, and why."""
    announce_function.handle(stream_event((None, TRAINING), (TRAINING, FINISHED)))

    lines = stdout()
    (failure,) = [line for line in lines if line.get("level") == "ERROR"]
    shown = (failure["object_uri"], failure["previous_status"], failure["status"], failure["error_code"])
    assert shown == (FINISHED["object_uri"], "TRAINING", "FINISHED", "ANNOUNCEMENT_FAILED")
    assert "NotFound" in failure["reason"]
    (metrics,) = [line for line in lines if "_aws" in line]
    counted = {name: metrics[name] for name in ("EventsReceived", "StatusChangesAnnounced", "AnnouncementsFailed")}
    assert counted == {"EventsReceived": [2], "StatusChangesAnnounced": [1], "AnnouncementsFailed": [1]}


def test_event_holds_attributes_of_the_item_and_nothing_else(
    announce_function: AnnounceFunction, listener: Listener, topic_arn: str
) -> None:
    """Neither the environment nor the record's other parts get into an event or a notification."""
    announce_function.handle(sample_event())

    (event,) = wait_for("the event", lambda: listener.events)
    (notification,) = wait_for("the notification", lambda: listener.notifications)
    assert set(event["detail"]) == {*sample_job(), "previous_status"}
    told = json.dumps(event["detail"]) + notification["Message"]
    environment = announce_function.aws.environment
    assert [value for value in (*environment.values(), topic_arn) if len(value) > 4 and value in told] == []

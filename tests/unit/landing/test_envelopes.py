"""Which landed objects an event tells of, in each envelope in which it can come."""

from __future__ import annotations

import pytest

from retrain.landing.envelopes import queued_messages
from tests.conftest import (
    ENVELOPES,
    SAMPLE,
    event_in,
    eventbridge_event,
    in_sqs,
    landed_as,
    load_event,
    objects_in,
    s3_notification,
)


def test_all_records_of_a_notification_are_read() -> None:
    """S3 may put several objects into one notification."""
    event = s3_notification(landed_as("m/1.csv"), landed_as("m/2.csv"), landed_as("n/3.csv"))

    assert [landed.key for landed in objects_in(event)] == ["m/1.csv", "m/2.csv", "n/3.csv"]


def test_every_message_of_a_batch_is_read() -> None:
    """Each SQS message keeps its own id, receipt handle and number of receives."""
    event = in_sqs(eventbridge_event(SAMPLE))
    second = {**event["Records"][0], "messageId": "2", "receiptHandle": "r2"}
    second["attributes"] = {**second["attributes"], "ApproximateReceiveCount": "7"}
    event["Records"].append(second)

    messages = queued_messages(event)

    assert [message.receive_count for message in messages] == [1, 7]
    assert (messages[1].message_id, messages[1].receipt_handle) == ("2", "r2")


@pytest.mark.parametrize("envelope", ["eventbridge", "s3_notification", "s3_test_event"])
def test_only_sqs_events_hold_queued_messages(envelope: str) -> None:
    """What did not come through a queue has no message that could come again."""
    assert queued_messages(load_event(envelope)) == []


def test_test_event_is_ignored() -> None:
    """S3 sends it once, when a notification is configured."""
    event = load_event("s3_test_event")

    assert objects_in(event) == []
    assert objects_in(in_sqs(event)) == []


@pytest.mark.parametrize("event_name", ["ObjectRemoved:Delete", "ObjectRestore:Completed", "ObjectTagging:Put"])
def test_what_creates_no_object_is_ignored(event_name: str) -> None:
    """A notification may be configured for more than creations."""
    event = s3_notification(landed_as("m/gone.csv"), landed_as("m/new.csv"))
    event["Records"][0]["eventName"] = event_name

    assert [landed.key for landed in objects_in(event)] == ["m/new.csv"]


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize(
    ("key", "paths"),
    [
        ("landing/m/a.csv", ["m/a.csv"]),
        ("landing/landing/a.csv", ["landing/a.csv"]),
        ("elsewhere/m/a.csv", []),
        ("landing", []),
        ("landing/m/", []),
        ("landing/m/.hidden.csv", []),
        ("landing/m/_SUCCESS", []),
        ("landing/_m/a.csv", ["_m/a.csv"]),
    ],
)
def test_markers_and_keys_outside_the_prefix_are_left_out(envelope: str, key: str, paths: list[str]) -> None:
    """A path begins after the landing prefix, once."""
    landed = objects_in(event_in(envelope, landed_as(key)), "landing/")

    assert [found.path for found in landed] == paths


@pytest.mark.parametrize("version_id", [None, "", "null"])
def test_without_a_version_id_the_sequencer_is_the_version(version_id: str | None) -> None:
    """With versioning suspended every overwrite is called "null", so that name tells nothing apart."""
    eventbridge, notification = eventbridge_event(SAMPLE), s3_notification(SAMPLE)
    eventbridge["detail"]["object"]["version-id"] = version_id
    notification["Records"][0]["s3"]["object"]["versionId"] = version_id

    landed = objects_in(eventbridge) + objects_in(notification)

    assert [(found.version_id, found.version) for found in landed] == [(None, SAMPLE.sequencer)] * 2


@pytest.mark.parametrize(
    ("time", "landed_at"),
    [
        ("2026-11-23T01:02:03Z", "2026-11-23T01:02:03.000Z"),
        ("2026-11-23T01:02:03.4Z", "2026-11-23T01:02:03.400Z"),
        ("2026-11-23T10:02:03.456+09:00", "2026-11-23T01:02:03.456Z"),
    ],
)
def test_landing_times_sort_as_text(time: str, landed_at: str) -> None:
    """All times are in UTC and of one length: they are the sort key of an index."""
    event = eventbridge_event(SAMPLE) | {"time": time}

    assert [landed.landed_at for landed in objects_in(event)] == [landed_at]

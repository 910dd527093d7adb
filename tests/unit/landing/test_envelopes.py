"""Every envelope in which an S3 event can come is read; what is none, or is broken, is refused and never crashes."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain.errors import UnreadableEventError
from retrain.landing.envelopes import landed_objects, queued_messages
from tests.conftest import (
    AWKWARD_NAMES,
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
from tests.hostile.corpus import MIB, memory_below


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
        ("elsewhere/m/a.csv", [""]),
        ("landing", [""]),
        ("landing/m/", []),
        ("landing/m/.hidden.csv", []),
        ("landing/m/_SUCCESS", []),
        ("landing/_m/a.csv", ["_m/a.csv"]),
    ],
)
def test_markers_are_left_out_and_paths_begin_after_the_prefix(envelope: str, key: str, paths: list[str]) -> None:
    """A key outside the landing prefix has no path: it is recorded as such, not dropped."""
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


ANY_NAME = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), max_size=200)


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_every_sample_event_tells_of_the_same_object(envelope: str) -> None:
    """The four envelopes differ in how they word one object, and EventBridge leaves out the milliseconds."""
    landed = objects_in(load_event(envelope))

    milliseconds = "456" if "s3_notification" in envelope else "000"
    assert landed == [replace(SAMPLE, landed_at=f"2026-11-23T01:02:03.{milliseconds}Z")]


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_awkward_names_arrive_unharmed(envelope: str, name: str) -> None:
    """A space, a plus, a percent sign or any other writing means the same in all envelopes."""
    event = event_in(envelope, landed_as(f"penguins/{name}"))

    (landed,) = objects_in(event)

    assert (landed.key, landed.model, landed.filename) == (f"penguins/{name}", "penguins", name)


@given(name=ANY_NAME, envelope=st.sampled_from(ENVELOPES))
def test_any_unicode_key_arrives_unharmed(name: str, envelope: str) -> None:
    """What S3 allows in a key comes out as it went in."""
    event = event_in(envelope, landed_as(f"penguins/{name}.d/x{name}"))

    assert [found.key for found in objects_in(event)] == [f"penguins/{name}.d/x{name}"]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@pytest.mark.parametrize(
    "changes",
    [{"key": None}, {"key": 5}, {"key": ["m/a.csv"]}, {"size": float("inf")}, {"size": None}, {"size": "many"}],
    ids=str,
)
def test_value_of_another_kind_is_unreadable(changes: dict[str, Any]) -> None:
    """Each of these once ended the invocation with an error that no code path knew."""
    eventbridge, notification = eventbridge_event(SAMPLE), s3_notification(SAMPLE)
    eventbridge["detail"]["object"] |= changes
    notification["Records"][0]["s3"]["object"] |= changes

    for event in (eventbridge, notification):
        with pytest.raises(UnreadableEventError):
            landed_objects(json.dumps(event), "")


def test_event_without_an_etag_is_unreadable() -> None:
    """Without it an overwritten object could not be told from the one that landed."""
    eventbridge, notification = eventbridge_event(SAMPLE), s3_notification(SAMPLE)
    del eventbridge["detail"]["object"]["etag"]
    del notification["Records"][0]["s3"]["object"]["eTag"]

    for event in (eventbridge, notification):
        with pytest.raises(UnreadableEventError):
            landed_objects(event, "")


@given(data=st.data(), envelope=st.sampled_from(["eventbridge", "s3_notification"]))
def test_any_broken_event_is_read_or_unreadable(data: st.DataObject, envelope: str) -> None:
    """Anything may stand in the place of any one value of an event."""
    event = load_event(envelope)
    holder, name = data.draw(st.sampled_from(_places(event)))
    holder[name] = data.draw(ANY_JSON)

    with suppress(UnreadableEventError):
        landed_objects(json.dumps(event), "")


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, name or index) in a JSON value."""
    if not isinstance(value, (dict, list)):
        return []
    items = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [(value, name) for name, _ in items] + [place for _, inner in items for place in _places(inner)]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "[]",
        "5",
        "null",
        "{}",
        '{"Records": []}',
        '{"Records": [5]}',
        '{"Records": [{"eventSource": "aws:sns"}]}',
        '{"source": "aws.s3", "detail-type": "Object Deleted"}',
    ],
)
def test_other_messages_are_unreadable(body: str) -> None:
    """Somebody else's message, or an event that the rule should not have let through."""
    with pytest.raises(UnreadableEventError):
        landed_objects(body, "")


@pytest.mark.parametrize("missing", ["key", "size", "sequencer"])
def test_event_that_lacks_a_field_is_unreadable(missing: str) -> None:
    """Nothing is put in the place of what is missing."""
    event = eventbridge_event(SAMPLE)
    del event["detail"]["object"][missing]

    with pytest.raises(UnreadableEventError, match=missing):
        landed_objects(event, "")


@given(body=ANY_JSON.map(json.dumps) | st.text())
def test_any_text_is_read_or_unreadable(body: str) -> None:
    """No message raises anything else, which would end the whole invocation."""
    with suppress(UnreadableEventError):
        assert landed_objects(body, "") == []


@pytest.mark.parametrize("body", ["[" * 100_000, f'{{"size": {"9" * 5000}}}'], ids=["too deep", "too long a number"])
def test_message_that_the_parser_gives_up_on_is_unreadable(body: str) -> None:
    """JSON that exhausts the parser is no S3 event, either. In little memory, and not quoted."""
    with memory_below(8 * MIB), pytest.raises(UnreadableEventError) as refusal:
        landed_objects(body, "")

    assert len(str(refusal.value)) < 500

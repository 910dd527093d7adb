"""Reads landed objects from every envelope in which an S3 event can come.

An EventBridge event or an S3 notification, each directly or in SQS. Keys are URL-encoded in notifications and plain in
EventBridge events (S3 user guide, "Event message structure" and "Amazon EventBridge").
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.data_classes import S3Event, S3EventBridgeNotificationEvent, SQSEvent
from aws_lambda_powertools.utilities.data_classes.s3_event import S3EventRecord
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from retrain.errors import UnreadableEventError
from retrain.landing.landed_object import LandedObject
from retrain.landing.possible_values import require_possible, short, whole_number
from retrain.moments import iso_utc


@dataclass(frozen=True)
class QueuedMessage:
    """One SQS message with an S3 event.

    Attributes
    ----------
    message_id, receipt_handle
        SQS's identifiers, for this receive.
    receive_count
        How often it was received, including this time.
    body
        The S3 event as JSON.
    """

    message_id: str
    receipt_handle: str
    receive_count: int
    body: str


def queued_messages(event: Mapping[str, Any]) -> list[QueuedMessage]:
    """Return the SQS messages of an event, or an empty list if it did not come through a queue.

    Raises
    ------
    UnreadableEventError
        It is no JSON object, or a message lacks what SQS gives each.
    """
    if not isinstance(event, Mapping):
        raise UnreadableEventError("The event is not a JSON object.")
    if not any(record.get("eventSource") == "aws:sqs" for record in _records(event)):
        return []
    try:
        return [_queued_message(record) for record in SQSEvent(dict(event)).records]
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise UnreadableEventError(f"This is not an event of SQS: {short(exc)}.") from exc


def landed_objects(event: Mapping[str, Any] | str, landing_prefix: str) -> list[LandedObject]:
    """Return the objects that an S3 event reports as created, without markers.

    An object outside the prefix is returned, too, with an empty `path`: the rule has let it through before the prefix
    was changed.

    Parameters
    ----------
    event
        An EventBridge event or an S3 notification, as a mapping or as JSON.
    landing_prefix
        The part of a key before `{model}/`.

    Raises
    ------
    UnreadableEventError
        It is not JSON, or neither of the two.
    """
    parsed = _parse(event) if isinstance(event, str) else event
    try:
        found = [require_possible(landed) for landed in _objects(parsed, landing_prefix)]
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as exc:
        raise UnreadableEventError(f"A field of the S3 event is missing or has a wrong value: {short(exc)}.") from exc
    return [landed for landed in found if not landed.is_marker]


def object_created_event(bucket: str, file: Mapping[str, Any]) -> dict[str, Any]:
    """Return an EventBridge event as S3 sends it for a landed file, so that the file goes its way like any other.

    Parameters
    ----------
    file
        `key`, `etag`, `size_bytes`, `sequencer`, `landed_at` and, in a bucket with versions, `version_id`.
    """
    version = {"version-id": file["version_id"]} if file.get("version_id") else {}
    identity = {"etag": file["etag"], "sequencer": file["sequencer"], **version}
    return {
        "detail-type": "Object Created",
        "source": "aws.s3",
        "time": file["landed_at"],
        "detail": {
            "bucket": {"name": bucket},
            "object": {"key": file["key"], "size": int(file["size_bytes"]), **identity},
        },
    }


def _queued_message(record: SQSRecord) -> QueuedMessage:
    if not isinstance(record.body, str):
        raise TypeError("the body is no text")
    return QueuedMessage(
        message_id=record.message_id,
        receipt_handle=record.receipt_handle,
        receive_count=int(record.attributes.approximate_receive_count),
        body=record.body,
    )


def _parse(body: str) -> Mapping[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise UnreadableEventError(f"The message is not JSON ({exc}), so it is not an S3 event.") from exc
    if not isinstance(parsed, dict):
        raise UnreadableEventError("The message is JSON but not an object, so it is not an S3 event.")
    return parsed


def _records(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    records = event.get("Records")
    return [record for record in records if isinstance(record, dict)] if isinstance(records, list) else []


def _objects(event: Mapping[str, Any], landing_prefix: str) -> Iterator[LandedObject]:
    if event.get("Event") == "s3:TestEvent":  # S3 sends it when a notification is configured
        return
    if event.get("source") == "aws.s3" and event.get("detail-type") == "Object Created":
        yield _from_eventbridge(S3EventBridgeNotificationEvent(dict(event)), landing_prefix)
        return
    records = _records(event)
    if not records or any(record.get("eventSource") != "aws:s3" for record in records):
        raise UnreadableEventError(
            "The message is neither an S3 notification nor an EventBridge event 'Object Created'."
        )
    for record in S3Event(dict(event)).records:
        if record.event_name.startswith("ObjectCreated:"):
            yield _from_notification(record, landing_prefix)


def _from_eventbridge(event: S3EventBridgeNotificationEvent, landing_prefix: str) -> LandedObject:
    s3_object = event.detail.object
    key = s3_object["key"]  # not Powertools' .key, which turns a plus into a space
    return LandedObject(
        bucket=event.detail.bucket.name,
        key=key,
        path=_below(landing_prefix, key),
        version_id=_identity(s3_object.get("version-id")),
        sequencer=s3_object.sequencer,
        etag=s3_object["etag"],
        size_bytes=whole_number(s3_object["size"]),
        landed_at=iso_utc(datetime.fromisoformat(event.time)),
    )


def _from_notification(record: S3EventRecord, landing_prefix: str) -> LandedObject:
    s3_object = record.s3.get_object
    key = unquote_plus(s3_object["key"])  # Powertools' .key leaves it encoded
    return LandedObject(
        bucket=record.s3.bucket.name,
        key=key,
        path=_below(landing_prefix, key),
        version_id=_identity(s3_object.version_id),
        sequencer=s3_object["sequencer"],
        etag=s3_object["eTag"],
        size_bytes=whole_number(s3_object["size"]),
        landed_at=iso_utc(datetime.fromisoformat(record.event_time)),
    )


def _below(landing_prefix: str, key: str) -> str:
    return key[len(landing_prefix) :] if key.startswith(landing_prefix) else ""


def _identity(version_id: str | None) -> str | None:
    """Return a version id that names one version only. With versioning suspended, every version is "null"."""
    return None if version_id in (None, "", "null") else version_id

"""Puts events on the account's default bus."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from retrain.aws.errors import aws_reason
from retrain.errors import AnnouncementFailedError, EventRefusedError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "prediction-one-retrain"


REFUSED_FOR_GOOD = frozenset({"InvalidArgument", "MalformedDetail", "RedactionFailure", "ValidationException"})
"""The error codes that are about the event itself.

The first three are of an entry (API reference, `PutEventsResultEntry`). The others there that AWS calls "non-retryable"
are about permissions: a person grants them, and the retry succeeds. ValidationException is of the call, for example
"Total size of the entries in the request is over the limit.": 1 MB (user guide, "PutEvents event entry size"). The
size is not checked before: AWS knows its limit, which was 256 KB until January 2026.
"""


def put_event(events: EventBridgeClient, detail_type: str, detail: Mapping[str, Any], at: datetime) -> None:
    """Put one event on the bus.

    No `Resources`: EventBridge expects ARNs there; the detail says what the event is about.

    Raises
    ------
    EventRefusedError
        EventBridge will never take it: it is too large or malformed.
    AnnouncementFailedError
        EventBridge refused it for another reason, or did not answer.
    """
    text = detail_text(detail)
    try:
        answer = events.put_events(Entries=[{"Source": SOURCE, "DetailType": detail_type, "Detail": text, "Time": at}])
    except ClientError as exc:
        is_too_large = exc.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise _refusal("ValidationException" if is_too_large else aws_reason(exc), str(exc)) from exc
    except BotoCoreError as exc:
        raise AnnouncementFailedError(f"EventBridge refused the event: {exc}") from exc
    if answer["FailedEntryCount"]:  # a refused entry is no error of the call
        refused = answer["Entries"][0]
        code = refused.get("ErrorCode", "no error code")
        raise _refusal(code, f"{code}, {refused.get('ErrorMessage')}")


def detail_text(detail: Mapping[str, Any]) -> str:
    """Return an event's detail as JSON. Types that JSON does not know become text."""
    return json.dumps(detail, ensure_ascii=False, default=str)


def _refusal(code: str, reason: str) -> AnnouncementFailedError:
    kind = EventRefusedError if code in REFUSED_FOR_GOOD else AnnouncementFailedError
    return kind(f"EventBridge refused the event: {reason}")

"""Puts events on the account's default bus."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from retrain.errors import AnnouncementFailedError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "prediction-one-retrain"


def put_event(events: EventBridgeClient, detail_type: str, detail: Mapping[str, Any], at: datetime) -> None:
    """Put one event on the bus.

    No `Resources`: EventBridge expects ARNs there; the detail says what the event is about.

    Raises
    ------
    AnnouncementFailedError
        EventBridge refused it or did not answer.
    """
    text = json.dumps(detail, ensure_ascii=False, default=str)
    try:
        answer = events.put_events(Entries=[{"Source": SOURCE, "DetailType": detail_type, "Detail": text, "Time": at}])
    except (ClientError, BotoCoreError) as exc:
        raise AnnouncementFailedError(f"EventBridge refused the event: {exc}") from exc
    if answer["FailedEntryCount"]:  # a refused entry is no error of the call
        refused = answer["Entries"][0]
        raise AnnouncementFailedError(
            f"EventBridge refused the event: {refused.get('ErrorCode')}, {refused.get('ErrorMessage')}"
        )

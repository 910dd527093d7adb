"""Tells of a status change: everybody through EventBridge, and people through SNS."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from retrain.errors import AnnouncementFailedError
from retrain.notifications import Notification, Switching, notification_of
from retrain.status_changes import StatusChange

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient

SOURCE = "prediction-one-retrain"
DETAIL_TYPE = "Retrain Job Status Changed"


@dataclass(frozen=True)
class Announcer:
    """Puts events on the account's default bus, and notifications on the topic.

    Attributes
    ----------
    events, sns
        The clients.
    topic_arn
        Where notifications go.
    switching
        How a retrained model gets into service.
    """

    events: EventBridgeClient
    sns: SNSClient
    topic_arn: str
    switching: Switching

    def announce(self, change: StatusChange) -> None:
        """Put the change's event, then publish its notification, if it has one.

        The event goes first: of the two, it is the one that may well come twice when the second step fails.

        Raises
        ------
        AnnouncementFailedError
            One of the two was not taken.
        """
        self._put_event(change)
        if notification := notification_of(change.job, self.switching):
            self._publish(notification)

    def _put_event(self, change: StatusChange) -> None:
        # No `Resources`: EventBridge wants ARNs there, and the file is in the detail, as `object_uri`.
        job = {**change.job, "previous_status": change.previous_status}
        detail = json.dumps(job, ensure_ascii=False, default=str)
        try:
            answer = self.events.put_events(
                Entries=[{"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": detail, "Time": change.changed_at}]
            )
        except (ClientError, BotoCoreError) as exc:
            raise AnnouncementFailedError(f"EventBridge did not take the event: {exc}") from exc
        if answer["FailedEntryCount"]:  # a refused entry is no error of the call
            refused = answer["Entries"][0]
            raise AnnouncementFailedError(
                f"EventBridge did not take the event: {refused.get('ErrorCode')}, {refused.get('ErrorMessage')}"
            )

    def _publish(self, notification: Notification) -> None:
        try:
            self.sns.publish(TopicArn=self.topic_arn, Subject=notification.subject, Message=notification.body)
        except (ClientError, BotoCoreError) as exc:
            raise AnnouncementFailedError(f"SNS did not take the notification: {exc}") from exc

"""Announces a status change: to programs through EventBridge, to people through SNS.

Neither waits for the other. A notification that SNS refuses goes to the dead-letter queue, so that its event is not
repeated and the events behind it are not delayed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from retrain.aws.event_bus import put_event
from retrain.aws.topic import publish
from retrain.errors import AnnouncementFailedError
from retrain.telemetry import count, logger
from retrain.telling.notifications import Instructions, Notification, notification_of
from retrain.telling.status_changes import StatusChange

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

DETAIL_TYPE = "Retrain Job Status Changed"


@dataclass(frozen=True)
class Announcer:
    """Puts events on the account's default bus and notifications on the topic.

    Attributes
    ----------
    events, sns, sqs
        The clients.
    topic_arn
        Where notifications go.
    dead_letter_queue_url
        Where a notification goes that SNS refuses.
    instructions
        What a person needs to act, for the e-mails.
    """

    events: EventBridgeClient
    sns: SNSClient
    sqs: SQSClient
    topic_arn: str
    dead_letter_queue_url: str
    instructions: Instructions

    def announce(self, change: StatusChange) -> None:
        """Put the change's event, then publish its notification, if it has one.

        The event goes first: if the second step fails, the event is the one that may come twice.

        Raises
        ------
        AnnouncementFailedError
            EventBridge refused the event, or both SNS and the dead-letter queue refused the notification.
        """
        self._put_event(change)
        if notification := notification_of(change.job, self.instructions):
            self._publish(notification, change)

    def _put_event(self, change: StatusChange) -> None:
        # The file is in the detail, as `object_uri`.
        put_event(
            self.events, DETAIL_TYPE, {**change.job, "previous_status": change.previous_status}, change.changed_at
        )

    def _publish(self, notification: Notification, change: StatusChange) -> None:
        try:
            publish(self.sns, self.topic_arn, notification.subject, notification.body)
        except AnnouncementFailedError as error:
            self._keep(notification, change, error)
            count("NotificationsFailed")
            logger.error(
                "SNS refused a notification. It is in the announce function's dead-letter queue. "
                "What to do: read it there, and fix the reason",
                object_uri=change.job["object_uri"],
                object_version=change.job["object_version"],
                status=change.job["status"],
                reason=str(error),
            )

    def _keep(self, notification: Notification, change: StatusChange, refusal: AnnouncementFailedError) -> None:
        about = {name: change.job[name] for name in ("object_uri", "object_version")}
        letter = {"subject": notification.subject, "body": notification.body, **about}
        try:
            # In ASCII: SQS refuses a few characters that a file's name may contain.
            self.sqs.send_message(QueueUrl=self.dead_letter_queue_url, MessageBody=json.dumps(letter))
        except (ClientError, BotoCoreError) as exc:
            raise AnnouncementFailedError(f"{refusal}. The dead-letter queue refused it, too: {exc}") from exc

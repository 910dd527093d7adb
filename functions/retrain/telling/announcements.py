"""Announces a status change: to programs through EventBridge, to people through SNS.

Neither waits for the other. A notification that SNS refuses goes to the dead-letter queue, so that its event is not
repeated and the events behind it are not delayed. So does an event that EventBridge will never take.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from retrain.aws.event_bus import SOURCE, detail_text, put_event
from retrain.aws.topic import publish
from retrain.errors import AnnouncementFailedError, EventRefusedError
from retrain.telemetry import count, logger
from retrain.telling.dead_letters import DeadLetters
from retrain.telling.notifications import Instructions, Notification, notification_of
from retrain.telling.status_changes import StatusChange

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient

DETAIL_TYPE = "Retrain Job Status Changed"


@dataclass(frozen=True)
class Announcer:
    """Puts events on the account's default bus and notifications on the topic.

    Attributes
    ----------
    events, sns
        The clients.
    topic_arn
        Where notifications go.
    dead_letters
        Where events and notifications go that are refused.
    instructions
        What a person needs to act, for the e-mails.
    """

    events: EventBridgeClient
    sns: SNSClient
    topic_arn: str
    dead_letters: DeadLetters
    instructions: Instructions

    def announce(self, change: StatusChange) -> bool:
        """Put the change's event, then publish its notification, if it has one.

        The event goes first: if the second step fails, the event is the one that may come twice. An event that
        EventBridge will never take is kept for people instead, so it does not block what is behind it for 23 hours.

        Returns
        -------
        bool
            Whether EventBridge has the event.

        Raises
        ------
        AnnouncementFailedError
            EventBridge refused the event for a reason that can pass, or the dead-letter queue refused what EventBridge
            or SNS had refused.
        """
        has_event = self._put_event(change)
        if notification := notification_of(change.job, self.instructions):
            self._publish(notification, change)
        return has_event

    def _put_event(self, change: StatusChange) -> bool:
        detail = {**change.job, "previous_status": change.previous_status}
        try:
            put_event(self.events, DETAIL_TYPE, detail, change.changed_at)
        except EventRefusedError as error:
            event = {"source": SOURCE, "detail-type": DETAIL_TYPE, "time": change.changed_at.isoformat()}
            letter = {"reason": str(error), **event, "detail": detail_text(detail)}
            self.dead_letters.keep({**letter, **_about(change)}, error)
            count("AnnouncementsFailed")
            _log_refusal(
                "EventBridge will never take this event, so it is not retried. It is in the announce function's "
                "dead-letter queue; its e-mail and the events behind it are sent. What to do: read it there, and "
                "correct the item in the jobs table if somebody changed it by hand",
                change,
                error,
            )
            return False
        return True

    def _publish(self, notification: Notification, change: StatusChange) -> None:
        try:
            publish(self.sns, self.topic_arn, notification.subject, notification.body)
        except AnnouncementFailedError as error:
            letter = {"subject": notification.subject, "body": notification.body}
            self.dead_letters.keep({**letter, **_about(change)}, error)
            count("NotificationsFailed")
            _log_refusal(
                "SNS refused a notification. It is in the announce function's dead-letter queue. "
                "What to do: read it there, and fix the cause",
                change,
                error,
            )


def _about(change: StatusChange) -> dict[str, Any]:
    return {name: change.job[name] for name in ("object_uri", "object_version")}


def _log_refusal(message: str, change: StatusChange, refusal: AnnouncementFailedError) -> None:
    logger.error(message, **_about(change), status=change.job["status"], error_code=refusal.code, reason=str(refusal))

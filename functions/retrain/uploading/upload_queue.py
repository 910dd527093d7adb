"""The queue's messages: which receive is the last, and when a failed message returns.

30 s doubling to 15 min: 60 receives take about 14 hours, then the message is in the dead-letter queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from retrain.errors import RetrainError
from retrain.landing.envelopes import QueuedMessage
from retrain.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FIRST_DELAY_SECONDS = 30
MAX_DELAY_SECONDS = 900
"""A failed message returns after 30 s, then after twice as long each time, up to 15 minutes."""

MAX_RETRY_AFTER_SECONDS = 3600
"""The longest pause that the service may ask for: 60 of them end well within the queue's 14 days."""


@dataclass(frozen=True)
class UploadQueue:
    """The queue that landed files wait in.

    Attributes
    ----------
    sqs
        The client.
    url
        The queue's.
    max_receive_count
        After how many receives the queue moves a message to the dead-letter queue.
    """

    sqs: SQSClient
    url: str
    max_receive_count: int

    def is_last_receive(self, message: QueuedMessage) -> bool:
        """Return whether the message goes to the dead-letter queue if it fails now."""
        return message.receive_count >= self.max_receive_count

    def return_later(self, message: QueuedMessage, error: RetrainError) -> None:
        """Return a failed message after its back-off; after its last receive, let the queue give it up at once."""
        if self.is_last_receive(message):
            logger.error(
                "Gave up: the message moves to the dead-letter queue. Redrive it within 14 days after the file landed",
                error_code=error.code,
                reason=str(error),
                event=message.body,
            )
            self._hide(message, 0)  # it is in the dead-letter queue when people read about it
            return
        delay = delay_seconds(message.receive_count, error)
        if self._hide(message, delay):
            logger.info(
                "The message returns later",
                in_seconds=delay,
                receive_count=message.receive_count,
                error_code=error.code,
                event=message.body,
            )

    def _hide(self, message: QueuedMessage, seconds: int) -> bool:
        """Hide a message from all receivers for a while; return whether the queue accepted that."""
        try:
            self.sqs.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=message.receipt_handle, VisibilityTimeout=seconds
            )
        except (ClientError, BotoCoreError) as exc:
            logger.warning(
                "The message's delay could not be set; it returns when its visibility timeout ends", cause=str(exc)
            )
            return False
        return True


def delay_seconds(receive_count: int, error: RetrainError) -> int:
    """Return after how many seconds a message returns that failed at its `receive_count`th receive."""
    doubled = FIRST_DELAY_SECONDS << min(receive_count - 1, 10)
    asked_for = min(int(error.retry_after_seconds or 0), MAX_RETRY_AFTER_SECONDS)
    return max(min(doubled, MAX_DELAY_SECONDS), asked_for)

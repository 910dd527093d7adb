"""The queue's messages: which receive is the last, when a failed message returns, and those that were given up.

30 s doubling to 15 min: 60 receives take about 14 hours, then the message is in the dead-letter queue.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from retrain.aws.queue import queue_errors
from retrain.errors import (
    ApiKeyUnavailableError,
    CredentialRejectedError,
    RetrainError,
    ServiceTimeoutError,
)
from retrain.landing.envelopes import QueuedMessage
from retrain.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FIRST_DELAY_SECONDS = 30
MAX_DELAY_SECONDS = 900
"""A failed message returns after 30 s, then after twice as long each time, up to 15 minutes."""

SLOW_MAX_DELAY_SECONDS = 3600
"""The longest delay after an error of one model: no key, a refused key, or a service that does not answer for it. It is
longer so that many files of such a model leave the function to the other models' files."""

_ERRORS_OF_ONE_MODEL = (ApiKeyUnavailableError, CredentialRejectedError, ServiceTimeoutError)

MAX_RETRY_AFTER_SECONDS = 3600
"""The longest pause that the service may ask for: 60 of them end well within the queue's 14 days."""


PEEK_SECONDS = 60
"""How long a dead letter is hidden from others, a redrive for example, while its end is recorded."""


@dataclass(frozen=True)
class DeadLetter:
    """A message that nobody delivers any more.

    Attributes
    ----------
    message_id, receipt_handle
        SQS's identifiers, the latter for this receive.
    body
        The S3 event as JSON.
    cause
        EventBridge's error code if it could not send the event to the upload queue; otherwise None.
    """

    message_id: str
    receipt_handle: str
    body: str
    cause: str | None

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> DeadLetter:
        """Return a message of the dead-letter queue. EventBridge adds ERROR_CODE ("Using dead-letter queues")."""
        cause = message.get("MessageAttributes", {}).get("ERROR_CODE", {}).get("StringValue")
        return cls(message["MessageId"], message["ReceiptHandle"], message["Body"], cause)


@dataclass(frozen=True)
class UploadQueue:
    """The queue that landed files wait in.

    Attributes
    ----------
    sqs
        The client.
    url, dead_letter_queue_url
        The queue, and where it moves a message after its last receive.
    max_receive_count
        After how many receives the queue moves a message to the dead-letter queue.
    """

    sqs: SQSClient
    url: str
    dead_letter_queue_url: str
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
        logger.info(
            "The message returns later",
            in_seconds=delay,
            receive_count=message.receive_count,
            error_code=error.code,
            reason=str(error),
            event=message.body,
        )
        self._hide(message, delay)

    def send(self, event: Mapping[str, Any]) -> None:
        """Queue an S3 event.

        Raises
        ------
        QueueUnavailableError
            SQS refused it or did not answer.
        """
        with queue_errors(self.url, "refused a message"):
            self.sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps(event))

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Yield messages of the dead-letter queue, each hidden for `PEEK_SECONDS` and then visible again.

        Raises
        ------
        QueueUnavailableError
            SQS refused the call or did not answer.
        """
        while True:
            with queue_errors(self.dead_letter_queue_url, "could not be read"):
                received = self.sqs.receive_message(
                    QueueUrl=self.dead_letter_queue_url,
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=PEEK_SECONDS,
                    MessageAttributeNames=["ERROR_CODE"],
                )
            messages = received.get("Messages", [])
            if not messages:
                return
            for message in messages:
                yield DeadLetter.of(message)

    def delete_dead_letter(self, letter: DeadLetter) -> None:
        """Delete a message of the dead-letter queue.

        Raises
        ------
        QueueUnavailableError
            SQS refused the call or did not answer.
        """
        with queue_errors(self.dead_letter_queue_url, "refused to delete a message"):
            self.sqs.delete_message(QueueUrl=self.dead_letter_queue_url, ReceiptHandle=letter.receipt_handle)

    def _hide(self, message: QueuedMessage, seconds: int) -> None:
        """Hide a message from all receivers for a while."""
        try:
            self.sqs.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=message.receipt_handle, VisibilityTimeout=seconds
            )
        except (ClientError, BotoCoreError) as exc:
            logger.warning(
                "The message's delay could not be set; it returns when its visibility timeout ends",
                cause=str(exc),
                event=message.body,
            )


def delay_seconds(receive_count: int, error: RetrainError) -> int:
    """Return how many seconds a message is delayed after its `receive_count`th receive has failed."""
    doubled = FIRST_DELAY_SECONDS << min(receive_count - 1, 10)
    longest = SLOW_MAX_DELAY_SECONDS if isinstance(error, _ERRORS_OF_ONE_MODEL) else MAX_DELAY_SECONDS
    asked_for = min(int(error.retry_after_seconds or 0), MAX_RETRY_AFTER_SECONDS)
    return max(min(doubled, longest), asked_for)

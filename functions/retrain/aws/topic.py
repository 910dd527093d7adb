"""Publishes notifications on the SNS topic that people subscribe to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from retrain.errors import AnnouncementFailedError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

MAX_SUBJECT_LENGTH = 99
"""SNS takes fewer than 100 characters: printable ASCII, no line breaks (API reference, `Publish`)."""


def publish(sns: SNSClient, topic_arn: str, subject: str, message: str) -> None:
    """Publish an e-mail's subject, as `subject_line` makes it, and its text.

    Raises
    ------
    AnnouncementFailedError
        SNS did not take it.
    """
    try:
        sns.publish(TopicArn=topic_arn, Subject=subject_line(subject), Message=message)
    except (ClientError, BotoCoreError) as exc:
        raise AnnouncementFailedError(f"SNS did not take the notification: {exc}") from exc


def subject_line(text: str) -> str:
    """Return a text as SNS takes it for a subject."""
    printable = "".join(character if " " <= character <= "~" else "?" for character in text)
    return printable if len(printable) <= MAX_SUBJECT_LENGTH else printable[: MAX_SUBJECT_LENGTH - 3] + "..."

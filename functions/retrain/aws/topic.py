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
    """Publish an e-mail. `subject` may be any text: `subject_line` makes it one that SNS accepts.

    Raises
    ------
    AnnouncementFailedError
        SNS refused it or did not answer.
    """
    try:
        sns.publish(TopicArn=topic_arn, Subject=subject_line(subject), Message=message)
    except (ClientError, BotoCoreError) as exc:
        raise AnnouncementFailedError(f"SNS refused the notification: {exc}") from exc


def subject_line(text: str) -> str:
    """Return a text as a subject that SNS accepts."""
    printable = "".join(character if " " <= character <= "~" else "?" for character in text)
    return printable if len(printable) <= MAX_SUBJECT_LENGTH else printable[: MAX_SUBJECT_LENGTH - 3] + "..."

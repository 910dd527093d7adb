"""Publishes notifications on the SNS topic that people subscribe to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from retrain.errors import AnnouncementFailedError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

MAX_SUBJECT_LENGTH = 99
"""SNS takes fewer than 100 characters: printable ASCII, no line breaks (API reference, `Publish`)."""

MAX_MESSAGE_BYTES = 256 * 1024
"""A topic takes no more unless `MaximumMessageSize` is set, which excludes e-mail (SNS developer guide, "Publishing
large messages")."""

_LEFT_OUT = "\n[... {:,} characters are left out here ...]\n"


def publish(sns: SNSClient, topic_arn: str, subject: str, message: str) -> None:
    """Publish an e-mail. Subject and message may be any text: `subject_line` and `body_text` fit them to SNS.

    Raises
    ------
    AnnouncementFailedError
        SNS refused it or did not answer.
    """
    try:
        sns.publish(TopicArn=topic_arn, Subject=subject_line(subject), Message=body_text(message))
    except (ClientError, BotoCoreError) as exc:
        raise AnnouncementFailedError(f"SNS refused the notification: {exc}") from exc


def subject_line(text: str) -> str:
    """Return a text as a subject that SNS accepts."""
    printable = "".join(character if " " <= character <= "~" else "?" for character in text)
    return printable if len(printable) <= MAX_SUBJECT_LENGTH else printable[: MAX_SUBJECT_LENGTH - 3] + "..."


def body_text(text: str) -> str:
    """Return a text as a message that SNS accepts: as it is, or without its middle."""
    size_bytes = len(text.encode())
    return text if size_bytes <= MAX_MESSAGE_BYTES else shortened(text, (MAX_MESSAGE_BYTES - 1024) // 4)


def shortened(text: str, max_characters: int) -> str:
    """Return a text as it is or, if it is longer, its beginning and its end with a note between them.

    The end stays because an e-mail says there which file it is about.
    """
    half = max_characters // 2
    left_out = len(text) - 2 * half
    return text if left_out <= 0 else text[:half] + _LEFT_OUT.format(left_out) + text[-half:]

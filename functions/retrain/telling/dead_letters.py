"""Keeps for people what EventBridge or SNS refuses: as JSON in the announce function's dead-letter queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from retrain.aws.topic import shortened
from retrain.errors import AnnouncementFailedError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_LETTER_BYTES = 256 * 1024
"""A quarter of what a queue takes by default (1 MiB: API reference, `SendMessage`). A person is to read it."""

KEPT_CHARACTERS = 3000
"""Of each text of a larger letter. In ASCII JSON a character takes up to 12 bytes: seven such texts fit."""


@dataclass(frozen=True)
class DeadLetters:
    """Sends to the queue.

    Attributes
    ----------
    sqs
        The client.
    queue_url
        The announce function's dead-letter queue.
    """

    sqs: SQSClient
    queue_url: str

    def keep(self, letter: Mapping[str, str], refusal: AnnouncementFailedError) -> None:
        """Keep a letter of up to seven texts. It may come twice: a record that fails afterwards is repeated.

        Raises
        ------
        AnnouncementFailedError
            The queue refused it, too, or did not answer.
        """
        try:
            self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=letter_text(letter))
        except (ClientError, BotoCoreError) as exc:
            raise AnnouncementFailedError(f"{refusal}. The dead-letter queue refused it, too: {exc}") from exc


def letter_text(letter: Mapping[str, str]) -> str:
    """Return a letter as JSON of at most `MAX_LETTER_BYTES`: as it is, or each long text without its middle."""
    text = json.dumps(letter)  # in ASCII: SQS refuses a few characters that a file's name may contain
    if len(text) <= MAX_LETTER_BYTES:
        return text
    return json.dumps({name: shortened(value, KEPT_CHARACTERS) for name, value in letter.items()})

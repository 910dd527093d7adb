"""Keeps the files to send, the oldest first, and queues an event of each as S3 would."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retrain.aws.queue import queue_errors
from retrain.errors import QueueUnavailableError
from retrain.landing.envelopes import object_created_event
from retrain.landing.landed_object import LandedObject

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

MESSAGES_AT_A_TIME = 10
"""The most that one SendMessageBatch takes (API reference)."""


@dataclass
class Oldest:
    """The oldest of all files that are added. In this order they are queued, so that each model's newest lands last.

    The queue may deliver them in another one. That does no harm: a model of an older file never replaces a newer one's.

    Attributes
    ----------
    limit
        How many are kept.
    """

    limit: int
    _files: list[LandedObject] = field(default_factory=list)

    def add(self, files: Iterable[LandedObject]) -> None:
        """Add files; memory is bounded by twice the limit."""
        self._files.extend(files)
        if len(self._files) > 2 * self.limit:
            self._files = self.in_order()

    def in_order(self) -> list[LandedObject]:
        """Return the oldest, in order."""
        return sorted(self._files, key=lambda landed: landed.landed_at)[: self.limit]

    @property
    def room(self) -> int:
        """Return how many more can be added before one is displaced."""
        return self.limit - len(self._files)


def send(sqs: SQSClient, queue_url: str, files: list[LandedObject]) -> None:
    """Queue an event of each file. Safe to repeat: an event that comes twice has one outcome.

    Raises
    ------
    QueueUnavailableError
        SQS refused some, or did not answer. Those before are queued.
    """
    for start in range(0, len(files), MESSAGES_AT_A_TIME):
        entries = [_entry(number, landed) for number, landed in enumerate(files[start : start + MESSAGES_AT_A_TIME])]
        with queue_errors(queue_url, "refused messages"):
            answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
        if refused := answer.get("Failed"):  # a refused entry is no error of the call
            raise QueueUnavailableError(
                f"The upload queue refused {len(refused)} of {len(entries)} messages ({refused[0]['Code']}). The next "
                "run sends what is still missing."
            )


def _entry(number: int, landed: LandedObject) -> SendMessageBatchRequestEntryTypeDef:
    event = object_created_event(landed.bucket, vars(landed))
    return {"Id": str(number), "MessageBody": json.dumps(event)}

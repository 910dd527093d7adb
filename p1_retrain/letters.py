"""The dead-letter queues: what is in them, and how to send it again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from p1_retrain.files import File, files_at
from p1_retrain.stack import Stack
from retrain.errors import UnreadableEventError
from retrain.landing.envelopes import landed_objects

KEPT = timedelta(days=14)
"""How long SQS keeps a message after it was first queued: MessageRetentionPeriod in the template."""

_LOOK_SECONDS = 2
"""For how long a look hides a message from others."""

_MOST = 200
"""How many messages one look reads."""


@dataclass(frozen=True)
class Letter:
    """A message in a dead-letter queue.

    Attributes
    ----------
    queue
        `upload` or `announce`.
    what
        The URI of its file, the subject of its e-mail, or that it is no S3 event.
    version
        The version of its file, else an empty text.
    reason
        Why it is there.
    queued_at, kept_until
        When it was first queued, and when SQS deletes it.
    """

    queue: str
    what: str
    version: str
    reason: str
    queued_at: datetime
    kept_until: datetime
    receipt_handle: str
    body: str


def dead_letters(stack: Stack) -> list[Letter]:
    """Return what is in both queues, the oldest first."""
    uploads = [_upload_letter(stack, message) for message in _messages(stack, "UploadDeadLetterQueueUrl")]
    announcements = [_announce_letter(message) for message in _messages(stack, "AnnounceDeadLetterQueueUrl")]
    return sorted([*uploads, *announcements], key=lambda letter: letter.queued_at)


def redrive(stack: Stack, letters: list[Letter]) -> int:
    """Send upload letters again, one by one, and return how many. Safe to repeat: the claim decides."""
    sqs = stack.client("sqs")
    for letter in letters:
        sqs.send_message(QueueUrl=stack.output("UploadQueueUrl"), MessageBody=letter.body)
        sqs.delete_message(QueueUrl=stack.output("UploadDeadLetterQueueUrl"), ReceiptHandle=letter.receipt_handle)
    return len(letters)


def _messages(stack: Stack, output: str) -> Iterator[dict[str, Any]]:
    """Yield the messages of a queue, each once."""
    sqs, seen = stack.client("sqs"), set[str]()
    while len(seen) < _MOST:
        received = sqs.receive_message(
            QueueUrl=stack.output(output),
            MaxNumberOfMessages=10,
            VisibilityTimeout=_LOOK_SECONDS,
            MessageSystemAttributeNames=["SentTimestamp"],
        ).get("Messages", [])
        new = [message for message in received if message["MessageId"] not in seen]
        if not new:
            return
        seen |= {message["MessageId"] for message in new}
        yield from new


def _upload_letter(stack: Stack, message: dict[str, Any]) -> Letter:
    try:
        landed = landed_objects(message["Body"], stack.parameter("LandingPrefix"))[0]
    except (UnreadableEventError, IndexError):
        return _letter(
            "upload", message, "a message that is no S3 event", "", "UNREADABLE_EVENT: read it, then delete it"
        )
    uri = landed.dataset_uri if landed.half else landed.uri
    found: list[File] = [file for file in files_at(stack, uri) if landed.version in str(file["object_version"])]
    return _letter("upload", message, landed.uri, landed.version, found[0].reason if found else "not recorded yet")


def _announce_letter(message: dict[str, Any]) -> Letter:
    try:
        body = json.loads(message["Body"])
    except ValueError:
        body = {}
    what = body.get("subject") or body.get("detail-type") or "a status change that was given up after 23 hours"
    return _letter("announce", message, str(what), "", str(body.get("reason", "see the announce function's log")))


def _letter(queue: str, message: dict[str, Any], what: str, version: str, reason: str) -> Letter:
    queued_at = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    handle, body = message["ReceiptHandle"], message["Body"]
    return Letter(queue, what, version, reason, queued_at, queued_at + KEPT, handle, body)

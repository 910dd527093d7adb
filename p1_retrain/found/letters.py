"""The messages of the two dead-letter queues, looked at without keeping them from others for long."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from botocore.exceptions import ClientError

from p1_retrain.found.files import items_of_uri
from p1_retrain.found.queues import ANNOUNCE_DEAD_LETTERS, DEAD_LETTERS, depth_of
from p1_retrain.stack import Stack
from retrain.errors import UnreadableEventError
from retrain.landing.envelopes import landed_objects
from retrain.landing.landed_object import LandedObject
from retrain.moments import iso_utc_at

PEEK_SECONDS = 60
"""How long a message is hidden from others at most; it is given back as soon as all were read."""

BATCH = 10
"""The most that one ReceiveMessage gives."""


@dataclass(frozen=True)
class Letter:
    """A message that nobody delivers any more.

    Attributes
    ----------
    queue
        `upload` or `announce`.
    message_id
        SQS's.
    uri, model
        The file that it is about; None if it names none.
    reason_code, reason
        Why it was given up, from the file's item or from the letter.
    queued_at, kept_until
        When it was queued first, and when SQS deletes it: ISO 8601, UTC.
    given_up_at
        Since when no attempt follows; None if the item does not say so.
    text
        The text of an e-mail that was refused; None otherwise.
    """

    queue: str
    message_id: str
    uri: str | None
    model: str | None
    reason_code: str | None
    reason: str
    queued_at: str
    kept_until: str
    given_up_at: str | None = None
    text: str | None = None


def letters_of_uploads(stack: Stack, limit: int | None = None) -> list[Letter]:
    """Return the upload queue's dead letters, the oldest first.

    Raises
    ------
    BotoCoreError, ClientError
        SQS refused or did not answer.
    TableUnavailableError
        The items could not be read.
    """
    kept_seconds = depth_of(stack, DEAD_LETTERS).retention_seconds
    with Peek(stack, DEAD_LETTERS) as peek:
        letters = [letter for message in peek.messages(limit) for letter in _of_upload(stack, message, kept_seconds)]
    return sorted(letters, key=lambda letter: letter.queued_at)


def letters_of_announcements(stack: Stack) -> list[Letter]:
    """Return the announce function's dead letters, the oldest first.

    Raises
    ------
    BotoCoreError, ClientError
        SQS refused or did not answer.
    """
    kept_seconds = depth_of(stack, ANNOUNCE_DEAD_LETTERS).retention_seconds
    with Peek(stack, ANNOUNCE_DEAD_LETTERS) as peek:
        letters = [_of_announcement(message, kept_seconds) for message in peek.messages()]
    return sorted(letters, key=lambda letter: letter.queued_at)


def files_in(stack: Stack, body: str) -> list[LandedObject]:
    """Return the landed files that a message is about; none if it is no S3 event."""
    try:
        return landed_objects(body, stack.landing_prefix)
    except UnreadableEventError:
        return []


class Peek:
    """Receives the messages of a dead-letter queue; at the end, gives back those that were not taken."""

    def __init__(self, stack: Stack, output: str) -> None:
        self._sqs, self._url = stack.client("sqs"), stack.output(output)
        self._seen: set[str] = set()
        self._held: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Make what is still held visible to others at once."""
        handles = list(self._held.values())
        for start in range(0, len(handles), BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for number, handle in enumerate(handles[start : start + BATCH])
            ]
            with suppress(ClientError):  # otherwise they are visible again after PEEK_SECONDS
                self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

    def messages(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield each message once, up to a limit."""
        while limit is None or len(self._seen) < limit:
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=BATCH,
                VisibilityTimeout=PEEK_SECONDS,
                WaitTimeSeconds=1,  # asks all of SQS's servers, not a sample of them
                MessageSystemAttributeNames=["SentTimestamp"],
                MessageAttributeNames=["ERROR_CODE"],
            )
            received = answer.get("Messages", [])
            self._held |= {message["MessageId"]: message["ReceiptHandle"] for message in received}
            new = [message for message in received if message["MessageId"] not in self._seen]
            if not new:
                return
            self._seen |= {message["MessageId"] for message in new}
            yield from new

    def take(self, message: dict[str, Any]) -> None:
        """Delete a message: it is somewhere else now."""
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=self._held.pop(message["MessageId"]))


def _of_upload(stack: Stack, message: dict[str, Any], kept_seconds: int) -> list[Letter]:
    files = files_in(stack, message["Body"])
    if not files:
        code = UnreadableEventError.code
        return [_letter("upload", message, kept_seconds, reason_code=code, reason="It is no S3 event.")]
    return [_of_file(stack, message, kept_seconds, landed) for landed in files]


def _of_file(stack: Stack, message: dict[str, Any], kept_seconds: int, landed: LandedObject) -> Letter:
    items = [item for item in items_of_uri(stack, landed.uri) if landed.version in str(item["object_version"])]
    item = items[0] if items else {}
    cause = message.get("MessageAttributes", {}).get("ERROR_CODE", {}).get("StringValue")
    unknown = f"EventBridge could not queue it ({cause})." if cause else "The jobs table does not say yet."
    return _letter(
        "upload",
        message,
        kept_seconds,
        uri=landed.uri,
        model=landed.model or None,
        reason_code=item.get("error_code"),
        reason=item.get("error_message") or unknown,
        given_up_at=item.get("given_up_at"),
    )


def _of_announcement(message: dict[str, Any], kept_seconds: int) -> Letter:
    try:
        kept = json.loads(message["Body"])
    except ValueError:
        kept = {}
    fields = kept if isinstance(kept, dict) else {}
    if "subject" in fields:
        reason = f"SNS refused the e-mail “{fields['subject']}”."
    elif "detail" in fields:
        reason = f"EventBridge refused the event: {fields.get('reason', '')}"
    else:
        reason = "Status changes could not be announced for 23 hours. The jobs table is right."
    return _letter(
        "announce", message, kept_seconds, uri=fields.get("object_uri"), reason=reason, text=fields.get("body")
    )


def _letter(queue: str, message: dict[str, Any], kept_seconds: int, **fields: Any) -> Letter:
    queued_at = int(message.get("Attributes", {}).get("SentTimestamp", 0)) / 1000
    kept_until = iso_utc_at(queued_at + kept_seconds)
    defaults: dict[str, Any] = {"uri": None, "model": None, "reason_code": None}
    return Letter(
        queue=queue,
        message_id=message["MessageId"],
        queued_at=iso_utc_at(queued_at),
        kept_until=kept_until,
        **{**defaults, **fields},
    )

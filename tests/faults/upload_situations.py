"""The situations of the upload function whose AWS calls fail, one call at a time, and what is right in the end."""

from __future__ import annotations

from typing import Any

from tests.faults.matrix import Call, Situation

QUEUE, TABLE, UNREADABLE = "QUEUE_UNAVAILABLE", "TABLE_UNAVAILABLE", "OBJECT_UNREADABLE"

SENT = "TRAINING, sent once"
GONE = dict.fromkeys(
    ("NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "PreconditionFailed"),
    ("OBJECT_SUPERSEDED", "SUPERSEDED (OBJECT_SUPERSEDED), not sent"),
)


def update(purpose: str, **right: Any) -> Call:
    """Return a write to one item."""
    return Call("UpdateItem", purpose, TABLE, **right)


def read_key(outcome: str, purpose: str = "the model's key") -> Call:
    """Return a read of a model's secret; a missing secret is named, instead of AWS's error code."""
    missing = {"ResourceNotFoundException": ("There is no secret", outcome)}
    return Call("GetSecretValue", purpose, "API_KEY_UNAVAILABLE", otherwise=missing)


_FIND_A_PAIR = (
    Call("Query", "the dataset's items", TABLE),
    update("the half waits"),
    Call("ListObjectsV2", "train_src/", UNREADABLE),
    Call("ListObjectsV2", "eval_src/", UNREADABLE),
)

UPLOAD = (
    Situation(
        "upload",
        "a file",
        SENT,
        (
            update("claim"),
            Call("GetObject", "the file", UNREADABLE, otherwise=GONE),
            read_key(SENT),
            update("the job's id"),
            update("TRAINING"),
        ),
    ),
    Situation(
        "upload",
        "a first attempt that fails",
        SENT,
        (
            *("UpdateItem", "GetObject", "GetSecretValue"),
            update("RETRYING"),
            Call("ChangeMessageVisibility", "the delay"),
            *("UpdateItem", "GetObject", "UpdateItem", "UpdateItem"),
        ),
    ),
    Situation(
        "upload",
        "an upload that the store refuses",
        SENT,
        (
            *("UpdateItem", "GetObject", "GetSecretValue", "UpdateItem"),
            update("no job's id (nothing was stored)"),
            "UpdateItem",
            Call("GetObject", "the file while it is sent", UNREADABLE, otherwise=GONE),
            "UpdateItem",
        ),
    ),
    Situation(
        "upload",
        "an upload with an unknown outcome",
        SENT,
        (
            *("UpdateItem", "GetObject", "GetSecretValue", "UpdateItem"),
            update("the upload's end"),
            *("UpdateItem", "ChangeMessageVisibility"),
            *("UpdateItem", "UpdateItem", "ChangeMessageVisibility", "UpdateItem"),
            update("no job's id (nothing arrived)"),
            *("GetObject", "UpdateItem", "UpdateItem"),
        ),
    ),
    Situation(
        "upload",
        "a file during a rotation of its key",
        SENT,
        (
            *("UpdateItem", "GetObject", "GetSecretValue"),
            Call(
                "GetSecretValue", "the pending key", otherwise={"ResourceNotFoundException": ("API_KEY_REJECTED", SENT)}
            ),
            read_key(SENT, "the current key again"),
            *("UpdateItem", "UpdateItem"),
        ),
    ),
    Situation(
        "upload",
        "a file that the checks refuse",
        "REJECTED (TOO_FEW_ROWS), not sent",
        ("UpdateItem", "GetObject", update("REJECTED")),
    ),
    Situation(
        "upload",
        "a zip",
        SENT,
        (
            "UpdateItem",
            Call("GetObject", "its end", UNREADABLE, otherwise=GONE),
            *("GetSecretValue", "UpdateItem", "GetObject", "UpdateItem"),
        ),
    ),
    Situation(
        "upload",
        "a pair",
        SENT,
        (
            *_FIND_A_PAIR,
            Call("HeadObject", "the half in train_src/", UNREADABLE),
            Call("HeadObject", "the half in eval_src/", UNREADABLE),
            update("claim"),
            Call("Query", "the halves that wait", TABLE),
            Call("DeleteItem", "the half no longer waits", TABLE),
            Call("GetObject", "the half in train_src/", UNREADABLE, otherwise=GONE),
            Call("GetObject", "the half in eval_src/", UNREADABLE, otherwise=GONE),
            read_key(SENT),
            update("the job's id"),
            update("TRAINING"),
            *("Query", "ListObjectsV2", "ListObjectsV2", "HeadObject", "HeadObject", "UpdateItem", "Query"),
        ),
    ),
    Situation(
        "upload",
        "a half without the other",
        "WAITING, not sent",
        (
            "Query",
            update("the half waits"),
            *("ListObjectsV2", "ListObjectsV2"),
            Call("HeadObject", "the half", UNREADABLE),
        ),
    ),
    Situation(
        "upload",
        "two files in one half",
        "REJECTED (TOO_MANY_IN_HALF), not sent",
        ("Query", "UpdateItem", "ListObjectsV2", "ListObjectsV2", update("REJECTED")),
    ),
    Situation(
        "upload",
        "the last receive of a file",
        "given up (API_KEY_UNAVAILABLE), not sent",
        (
            *("UpdateItem", "GetObject", "GetSecretValue"),
            update("given up", if_refused="given up (ATTEMPT_DIED), not sent"),
            update("the end of the message"),
            Call("ChangeMessageVisibility", "to the dead-letter queue"),
            *("ReceiveMessage", "UpdateItem", "ReceiveMessage", "UpdateItem"),
        ),
    ),
    Situation(
        "upload",
        "a dead letter of a file",
        "given up (ATTEMPT_DIED), not sent",
        (
            Call("ReceiveMessage", "a dead letter", QUEUE),
            update("given up"),
            *("ReceiveMessage", "UpdateItem"),
        ),
    ),
    Situation(
        "upload",
        "a dead letter of a half",
        "given up (ATTEMPT_DIED), not sent",
        (
            "ReceiveMessage",
            Call("Query", "the dataset's items", TABLE),
            update("the half waits"),
            update("given up"),
            *("ReceiveMessage", "Query", "UpdateItem", "UpdateItem"),
        ),
    ),
    Situation(
        "upload",
        "a dead letter that is no S3 event",
        "unreadable (UNREADABLE_EVENT), not sent",
        ("ReceiveMessage", update("REJECTED"), "ReceiveMessage", "UpdateItem"),
    ),
    Situation(
        "upload",
        "a decision: send it again",
        SENT,
        (
            update("RETRYING without a job's id"),
            Call("SendMessage", "the file's event", QUEUE),
            *("UpdateItem", "GetObject", "GetSecretValue", "UpdateItem", "UpdateItem"),
        ),
    ),
    Situation(
        "upload",
        "a decision: it arrived",
        "TRAINING, not sent",
        (update("TRAINING"),),
    ),
    Situation(
        "upload",
        "a person's redrive",
        SENT,
        (
            Call("Query", "the file's item", TABLE),
            Call("SendMessage", "the file's event", QUEUE),
            Call("ReceiveMessage", "the dead letters", QUEUE),
            Call("DeleteMessage", "the file's dead letter", QUEUE),
            *("ReceiveMessage", "UpdateItem", "GetObject", "GetSecretValue", "UpdateItem", "UpdateItem"),
        ),
    ),
)

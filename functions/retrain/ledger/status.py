"""The status of a landed file: every value, every allowed step between two, and what each means together with others.

Nothing else in the product spells a status. The table `TRANSITIONS` is the state machine: the diagram in
docs/reliability.md and the table in README.md are tested against it, and so is every step that the tests' runs make.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from retrain.errors import (
    FileRejectedError,
    LeaseHeldError,
    NewerInServiceError,
    ObjectSupersededError,
    OutcomeNeedsDecisionError,
    RetrainError,
    UnreadableEventError,
    UploadOutcomeUnknownError,
)
from retrain.printable import one_line


class Status(StrEnum):
    """What the item of a landed file says; README.md explains each to the users."""

    WAITING = "WAITING"
    """Half of a pair: the other half has not landed."""
    UPLOADING = "UPLOADING"
    """An attempt holds the lease."""
    RETRYING = "RETRYING"
    """The last attempt failed for a reason that can pass."""
    TRAINING = "TRAINING"
    """The file arrived, and the service retrains the model."""
    STALLED = "STALLED"
    """In training for longer than `MaxTrainingHours`; still checked."""
    FINISHED = "FINISHED"
    """The results are stored."""
    SWITCHED = "SWITCHED"
    """The retrained model went live."""
    REJECTED = "REJECTED"
    """Our own checks refused the file."""
    SUPERSEDED = "SUPERSEDED"
    """This version was overwritten or deleted before it could be sent."""
    FAILED = "FAILED"
    """The service refused for good, or the retraining failed."""


@dataclass(frozen=True)
class Transition:
    """One allowed step.

    Attributes
    ----------
    before, after
        None: there is no item.
    writers
        The functions that write it.
    cause
        Why, as the diagram says it.
    """

    before: Status | None
    after: Status | None
    writers: tuple[str, ...]
    cause: str


_UPLOAD, _TRACK, _SWITCH = ("upload",), ("track",), ("track", "switch")

TRANSITIONS = (
    Transition(None, Status.UPLOADING, _UPLOAD, "claim"),
    Transition(None, Status.WAITING, _UPLOAD, "half of a pair"),
    Transition(None, Status.RETRYING, _UPLOAD, "a dead letter that no attempt claimed"),
    Transition(None, Status.REJECTED, _UPLOAD, "a dead letter that is no S3 event"),
    Transition(Status.WAITING, None, _UPLOAD, "the pair has an item"),
    Transition(Status.WAITING, Status.REJECTED, _UPLOAD, "two files in one half"),
    Transition(Status.WAITING, Status.SUPERSEDED, _UPLOAD, "overwritten or deleted"),
    Transition(Status.UPLOADING, Status.UPLOADING, _UPLOAD, "claim after the lease ended"),
    Transition(Status.UPLOADING, Status.TRAINING, _UPLOAD, "the file arrived"),
    Transition(Status.UPLOADING, Status.RETRYING, _UPLOAD, "a failure that can pass"),
    Transition(Status.UPLOADING, Status.REJECTED, _UPLOAD, "our checks"),
    Transition(Status.UPLOADING, Status.SUPERSEDED, _UPLOAD, "overwritten or deleted"),
    Transition(Status.UPLOADING, Status.FAILED, _UPLOAD, "the service's final word"),
    Transition(Status.RETRYING, Status.UPLOADING, _UPLOAD, "claim"),
    Transition(Status.RETRYING, Status.TRAINING, _UPLOAD, "a person says that the file arrived"),
    Transition(Status.TRAINING, Status.FINISHED, _TRACK, "the results are stored"),
    Transition(Status.TRAINING, Status.STALLED, _TRACK, "MaxTrainingHours"),
    Transition(Status.TRAINING, Status.FAILED, _TRACK, "deleted at the service"),
    Transition(Status.STALLED, Status.FINISHED, _TRACK, "the results are stored"),
    Transition(Status.STALLED, Status.FAILED, _TRACK, "deleted at the service"),
    Transition(Status.FINISHED, Status.SWITCHED, _SWITCH, "the service switched"),
)

IN_ATTEMPTS = frozenset({Status.UPLOADING, Status.RETRYING})
"""The file is not at the service yet, and attempts go on."""

IN_TRAINING = frozenset({Status.TRAINING, Status.STALLED})
"""The file is at the service, and there is no result yet."""

SWITCHABLE = frozenset({Status.FINISHED, Status.SWITCHED})
"""The job's model can go live; `SWITCHED` for one that another replaced since."""

# ------------------------------------------------------------- attributes that are written and removed together
LEASE = ("lease_owner", "lease_expires_at")
"""Who holds the item, and until when (epoch seconds)."""

OPEN_JOB = ("open_job", "next_check_at")
"""What puts a job into the sparse index `open_jobs`: the index's one partition, and when the job is due."""

REASON = ("error_code", "error_message")
"""Why it has not come further."""

PENDING = ("pending_since",)
"""Since when a file is on its way to the service: what puts its item into the sparse index `pending`. Not since it
landed, for it may be sent years later. It is removed with every outcome, and when the file is given up."""

GIVEN_UP = ("given_up_at",)
"""Since when no attempt follows automatically."""

UNRESOLVED_UPLOAD = ("upload_started_at", "upload_ends_by")
"""Of an upload that may have arrived: when its job's id was written, and by when its last byte was sent (epoch
seconds), so that nobody compares jobs too early or too late."""

INTERNAL_ATTRIBUTES = frozenset({"expires_at", "upload_ends_by", *LEASE, *OPEN_JOB, *PENDING})
"""What an item holds for the functions' own use: nobody outside should build on it."""


def reason_of(error: RetrainError, then: str = "") -> dict[str, str]:
    """Return the `REASON` that stands for an error, on one line: its text may quote a key; `then` follows it."""
    return {"error_code": error.code, "error_message": one_line(f"{error} {then}".rstrip())}


def closing_status(error: RetrainError) -> Status | None:
    """Return the status in which an error ends a landed file's way to the service; None if another attempt follows."""
    if isinstance(error, FileRejectedError):
        return Status.REJECTED
    if isinstance(error, ObjectSupersededError):
        return Status.SUPERSEDED
    if error.retry_is_safe or isinstance(error, UploadOutcomeUnknownError):
        return None
    return Status.FAILED


# ------------------------------------------------------------- states that a status hides
class HiddenState(StrEnum):
    """What a status means together with the item's other attributes, where that calls for something else."""

    GIVEN_UP = "given up"
    """RETRYING or WAITING, but no attempt follows until a person redrives the message."""
    NEEDS_DECISION = "needs decision"
    """RETRYING, but a person must say whether the file arrived."""
    UNREADABLE = "unreadable"
    """REJECTED, and not a file: a message in the upload queue that is no S3 event."""
    NO_RESULT = "no result"
    """STALLED, and for another reason than the service's slowness: the last checks failed."""
    NOT_SWITCHED = "not switched"
    """FINISHED under `SwitchPolicy` `Automatic`, and not live: a person must act."""
    SWITCH_NOT_DUE = "switch not due"
    """FINISHED, not live, and rightly so: a model of newer data is, or another switch is running."""


STALLED_CODE = "STALLED"
"""The `error_code` of a job that is only slow."""

NO_SWITCH_DUE = frozenset({LeaseHeldError.code, NewerInServiceError.code})
"""Reasons for which a finished job is rightly not live."""


def state_of(item: Mapping[str, Any]) -> str:
    """Return the `HiddenState` that an item is in, else its status, which a person may have edited to anything."""
    status, error_code = str(item["status"]), item.get("error_code")
    if status in (Status.RETRYING, Status.WAITING) and "given_up_at" in item:
        undecided = error_code == OutcomeNeedsDecisionError.code
        return HiddenState.NEEDS_DECISION if undecided else HiddenState.GIVEN_UP
    if status == Status.REJECTED and error_code == UnreadableEventError.code:
        return HiddenState.UNREADABLE
    if status == Status.STALLED and error_code not in (None, STALLED_CODE):
        return HiddenState.NO_RESULT
    if status == Status.FINISHED and error_code:
        return HiddenState.SWITCH_NOT_DUE if error_code in NO_SWITCH_DUE else HiddenState.NOT_SWITCHED
    return status


def is_news(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Return whether a write is announced, by the item before (empty: none) and after it."""

    def is_new(name: str) -> bool:
        return after.get(name) not in (None, before.get(name))

    return "status" in after and (
        is_new("status")
        or is_new("switched_at")  # switched back to by force: it stays SWITCHED
        or is_new("given_up_at")  # it may stay RETRYING, but no attempt will follow automatically
        or (after["status"] == Status.FINISHED and is_new("error_code"))  # it should have gone live automatically
    )

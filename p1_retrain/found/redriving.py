"""Sends dead letters to the upload queue again. Nothing is sent to the service twice: the claim on the item decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from p1_retrain.errors import is_denied
from p1_retrain.found.letters import Peek, files_in
from p1_retrain.found.queues import DEAD_LETTERS, UPLOAD, depth_of
from p1_retrain.patience import undivided
from p1_retrain.stack import Stack
from retrain.landing.landed_object import LandedObject

_UNKNOWN_ACTION = frozenset({"InvalidAction", "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"})


@dataclass(frozen=True)
class Redriven:
    """What was done.

    Attributes
    ----------
    moved
        How many letters are in the upload queue again; approximately, if SQS moves them.
    by
        `SQS` if it moves them on its own from now on, `p1-retrain` if they are moved.
    not_found
        The URIs that no letter is about.
    """

    moved: int
    by: str
    not_found: list[str]


def redrive_all(stack: Stack) -> Redriven:
    """Move all dead letters: by SQS where it can and may, otherwise one by one.

    Raises
    ------
    BotoCoreError, ClientError
        SQS refused or did not answer. Those before are moved.
    """
    depth = depth_of(stack, DEAD_LETTERS)
    try:
        stack.client("sqs").start_message_move_task(SourceArn=depth.arn, DestinationArn=depth_of(stack, UPLOAD).arn)
    except ClientError as exc:
        if exc.response["Error"]["Code"] not in _UNKNOWN_ACTION and not is_denied(exc):
            raise
        return Redriven(_move(stack, lambda _: True), "p1-retrain", [])
    return Redriven(depth.total, "SQS", [])


def redrive_some(stack: Stack, uris: list[str]) -> Redriven:
    """Move the dead letters of some files.

    Raises
    ------
    BotoCoreError, ClientError
        SQS refused or did not answer. Those before are moved.
    """
    found: set[str] = set()

    def is_sought(body: str) -> bool:
        about = {uri for landed in files_in(stack, body) for uri in _names(landed)} & set(uris)
        found.update(about)
        return bool(about)

    moved = _move(stack, is_sought)
    return Redriven(moved, "p1-retrain", [uri for uri in uris if uri not in found])


def _names(landed: LandedObject) -> set[str]:
    """Return the URIs under which a person may know a file: a half's item is its dataset's."""
    return {landed.uri} | ({landed.dataset_uri} if landed.half else set())


def _move(stack: Stack, is_sought: Callable[[str], bool]) -> int:
    moved = 0
    with Peek(stack, DEAD_LETTERS) as peek:
        for message in peek.messages():
            if is_sought(message["Body"]):
                with undivided():  # the letter is deleted only when the queue has it
                    stack.client("sqs").send_message(QueueUrl=stack.output(UPLOAD), MessageBody=message["Body"])
                    peek.take(message)
                moved += 1
    return moved

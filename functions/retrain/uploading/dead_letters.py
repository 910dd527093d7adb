"""Records the end of a message, so that no file is given up without its item, its event and its e-mail.

A message can reach the dead-letter queue without a word of the function: it timed out, ran out of memory or was
throttled at the last receive, or EventBridge could not reach the upload queue. So a schedule looks into that queue.
"""

from __future__ import annotations

from retrain.deadline import Deadline
from retrain.errors import AttemptDiedError, RetrainError, UnreadableEventError
from retrain.landing.envelopes import landed_objects
from retrain.landing.landed_object import LandedObject
from retrain.landing.place_checks import place_refusal
from retrain.telemetry import count, defects_as_errors, logger
from retrain.uploading.upload_queue import DeadLetter
from retrain.uploading.wiring import UploadDependencies

RESERVE_SECONDS = 60
"""No further dead letter is read with less time left. A later run reads the others."""


def record_dead_letters(deps: UploadDependencies, deadline: Deadline) -> dict[str, int]:
    """Record the end of every message in the dead-letter queue, and return how many were recorded. Safe to repeat.

    One that cannot be recorded does not keep the others from being recorded.

    Raises
    ------
    RetrainError
        The queue could not be read, or an end not be recorded: the last such failure. The next run tries again.
    """
    seen, failure = 0, None
    try:
        for letter in deps.queue.dead_letters():
            error = _failure_to_record(deps, letter)
            failure, seen = error or failure, seen + (error is None)
            if deadline.seconds_left() < RESERVE_SECONDS:
                break
    finally:
        count("DeadLetters", seen)
    if failure:
        raise failure
    return {"dead_letters": seen}


def _failure_to_record(deps: UploadDependencies, letter: DeadLetter) -> RetrainError | None:
    try:
        with defects_as_errors():
            record_end(deps, letter.message_id, letter.body, _reason(letter))
    except RetrainError as error:
        logger.error(
            "The end of a message could not be recorded",
            message_id=letter.message_id,
            error_code=error.code,
            reason=str(error),
        )
        return error
    return None


def record_end(deps: UploadDependencies, message_id: str, body: str, error: RetrainError) -> None:
    """Record that no attempt follows automatically for the files of a message; a file with an outcome keeps it.

    Parameters
    ----------
    error
        The reason, for an item that has none.

    Raises
    ------
    TableUnavailableError
        It could not be recorded.
    """
    try:
        landed = landed_objects(body, deps.landing_prefix)
    except UnreadableEventError as unreadable:
        logger.error(
            "A message in the upload queue is not an S3 event", message_id=message_id, reason=str(unreadable), body=body
        )
        deps.escalations.reject_message(message_id, body, unreadable)
        return
    for file in landed:
        _give_up(deps, file, error)


def _give_up(deps: UploadDependencies, landed: LandedObject, error: RetrainError) -> None:
    if landed.half is None or place_refusal(landed):
        deps.escalations.give_up(landed, error)
        return
    pairs = [record.pair for record in deps.pairs.of_dataset(landed) if record.pair and record.has(landed)]
    for pair in pairs:
        deps.escalations.give_up(pair, error)
    if not pairs:
        deps.pairs.wait(landed)  # it may have no item yet
        deps.pairs.give_up(landed, error)


def _reason(letter: DeadLetter) -> AttemptDiedError:
    if letter.cause:
        return AttemptDiedError(f"EventBridge could not send the file's event to the upload queue ({letter.cause}).")
    return AttemptDiedError(
        "The last attempt ended without an outcome: the upload function timed out, ran out of memory or was throttled, "
        "or the jobs table refused the outcome. The function's log and metrics show which."
    )

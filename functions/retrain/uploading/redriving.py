"""A person's request to try a given-up file again: its message leaves the dead-letter queue, its event is queued again.

The message is deleted, not only repeated: otherwise the schedule that looks into the dead-letter queue would find it
there and record once more that the file is given up, while attempts go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retrain.aws.plain_values import plain
from retrain.deadline import Deadline
from retrain.errors import RequestRefusedError, UnreadableEventError
from retrain.landing.envelopes import landed_objects, object_created_event
from retrain.landing.landed_object import HALVES, LandedObject
from retrain.landing.landed_pair import halves_in, same_landing
from retrain.ledger.item import key_asked_for
from retrain.ledger.status import INTERNAL_ATTRIBUTES, HiddenState, state_of
from retrain.telemetry import count, logger
from retrain.uploading.dead_letters import RESERVE_SECONDS
from retrain.uploading.upload_queue import DeadLetter
from retrain.uploading.wiring import UploadDependencies


def redrive(deps: UploadDependencies, event: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
    """Have one given-up file tried again, and return its item as plain JSON values. Safe to repeat.

    Raises
    ------
    RequestRefusedError
        The request names no file, or the file is not given up. Nothing was changed.
    RetrainError
        The table or a queue refused, or did not answer. Ask again.
    """
    count("Redrives")
    key = key_asked_for(event)
    if key is None:
        raise RequestRefusedError(
            "The request names no file. Invoke this function with "
            '{"action": "redrive", "object_uri": "...", "object_version": "..."}.'
        )
    item, uri, version = deps.escalations.item_of(key), key["object_uri"], key["object_version"]
    state = state_of(item)
    if state != HiddenState.GIVEN_UP:
        raise RequestRefusedError(f"{uri}, version {version}, is {state}. Only a file that was given up is redriven.")
    deps.queue.send(event_of(item))
    letters = _delete_letters(deps, item, deadline)
    logger.info("A person had a file redriven", object_uri=uri, object_version=version, letters=letters)
    return {name: plain(value) for name, value in item.items() if name not in INTERNAL_ATTRIBUTES}


def event_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event of the file in an item; of a pair, of one half, which finds the pair again."""
    bucket, _, key = item["object_uri"].removeprefix("s3://").partition("/")
    halves = [item[name] for name in HALVES if name in item]
    file = halves[0] if halves else {"key": key, "sequencer": item["object_version"], **item}
    return object_created_event(bucket, file)


def _delete_letters(deps: UploadDependencies, item: Mapping[str, Any], deadline: Deadline) -> int:
    """Delete an item's messages from the dead-letter queue, and return how many.

    One that another reader has hidden for a minute stays: then the file may be recorded as given up once more, until
    its next attempt claims it.
    """
    deleted = 0
    for letter in deps.queue.dead_letters():
        if _is_about(letter, item, deps.landing_prefix):
            deps.queue.delete_dead_letter(letter)
            deleted += 1
        if deadline.seconds_left() < RESERVE_SECONDS:
            break
    return deleted


def _is_about(letter: DeadLetter, item: Mapping[str, Any], landing_prefix: str) -> bool:
    """Return whether a message is about this item's file alone."""
    try:
        landed = landed_objects(letter.body, landing_prefix)
    except UnreadableEventError:
        return False
    return bool(landed) and all(_is_of(file, item) for file in landed)


def _is_of(file: LandedObject, item: Mapping[str, Any]) -> bool:
    if file.half and file.dataset_uri == item["object_uri"]:
        return any(same_landing(file, half) for half in halves_in(item, file))
    return (file.uri, file.version) == (item["object_uri"], item["object_version"])

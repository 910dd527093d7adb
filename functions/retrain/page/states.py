"""What each state of a file is called on the page, how urgent it is, and what comes next where no person must act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retrain.errors import ApiKeyUnavailableError, CredentialRejectedError
from retrain.ledger.status import IN_TRAINING, HiddenState, Status, state_of

GOOD, BUSY, IDLE, CAUTION, BAD = "good", "busy", "idle", "caution", "bad"
"""The tones. Each has a colour in both themes; the label says the same in words."""

_KEY_TROUBLES = frozenset({ApiKeyUnavailableError.code, CredentialRejectedError.code})


@dataclass(frozen=True)
class Shown:
    """How a state is shown."""

    label: str
    tone: str
    next_step: str = ""


_STATES: dict[str, Shown] = {
    Status.WAITING: Shown("Waiting", IDLE, "The other half must land. Then both are sent together."),
    Status.UPLOADING: Shown("Uploading", BUSY, "An attempt is sending the file."),
    Status.RETRYING: Shown("Retrying", CAUTION, "It is tried again automatically, for about 14 hours."),
    Status.TRAINING: Shown("In training", BUSY, "We check the job and store its results when it has finished."),
    Status.STALLED: Shown("Stalled", CAUTION),
    Status.FINISHED: Shown("Finished", GOOD),
    Status.SWITCHED: Shown("Was live", IDLE, "Nothing: another job of this model is live now."),
    Status.REJECTED: Shown("Refused", BAD),
    Status.SUPERSEDED: Shown("Superseded", IDLE, "Nothing: a newer version of the file has an entry of its own."),
    Status.FAILED: Shown("Failed", BAD),
    HiddenState.GIVEN_UP: Shown("Given up", BAD),
    HiddenState.NEEDS_DECISION: Shown("Decision needed", BAD),
    HiddenState.UNREADABLE: Shown("Unreadable", BAD),
    HiddenState.NO_RESULT: Shown("No result", CAUTION),
    HiddenState.NOT_SWITCHED: Shown("Not live", CAUTION),
    HiddenState.SWITCH_NOT_DUE: Shown("Finished", IDLE, "Nothing: a model of newer data is live."),
}

_LIVE = Shown("Live", GOOD, "Nothing: the service predicts with this model.")
_NO_KEY = Shown("No API key", CAUTION, "Store an API key in the model's secret, or have it rotated. Then it goes on.")

_FOR_A_PERSON = frozenset({*HiddenState, Status.STALLED, Status.REJECTED, Status.FAILED} - {HiddenState.SWITCH_NOT_DUE})


def shown(item: Mapping[str, Any]) -> Shown:
    """Return how an item's state is shown; a status that a person made up is shown as it is."""
    if item.get("in_service"):
        return _LIVE
    if has_key_trouble(item):
        return _NO_KEY
    state = state_of(item)
    return _STATES.get(state, Shown(state, IDLE))


def has_key_trouble(item: Mapping[str, Any]) -> bool:
    """Return whether a file or job waits for an API key that the service accepts."""
    waits = state_of(item) in {Status.RETRYING, *IN_TRAINING, HiddenState.NO_RESULT}
    return waits and item.get("error_code") in _KEY_TROUBLES


def can_switch(item: Mapping[str, Any]) -> bool:
    """Return whether a person may make the item's model live, and has a reason to."""
    return state_of(item) in {Status.FINISHED, HiddenState.NOT_SWITCHED} and "retrain_job_id" in item


def can_redrive(item: Mapping[str, Any]) -> bool:
    """Return whether a person may have the file sent again."""
    return state_of(item) == HiddenState.GIVEN_UP


def needs_person(item: Mapping[str, Any], *, is_automatic: bool) -> bool:
    """Return whether a person must act, by the item alone."""
    state = state_of(item)
    if state == Status.FINISHED:
        return not is_automatic
    return state in _FOR_A_PERSON or has_key_trouble(item)

"""What an item says of the past and the present, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retrain.ledger.status import HiddenState, state_of

Item = Mapping[str, Any]

_MOMENTS = {
    "landed_at": "landed",
    "pending_since": "its first attempt began",
    "upload_started_at": "an upload began",
    "given_up_at": "given up: no attempt follows automatically",
    "uploaded_at": "arrived at Prediction One",
    "finished_at": "its results were stored",
    "switched_at": "its model went live",
}


@dataclass(frozen=True)
class Event:
    """Something that happened to a file: when (ISO 8601, UTC), and what."""

    at: str
    what: str


_SUMMARIES = {
    "WAITING": "Half of a pair: it waits for the other half.",
    "UPLOADING": "An attempt is sending it to Prediction One.",
    "RETRYING": "It is not at Prediction One yet; attempts go on.",
    "TRAINING": "It arrived, and Prediction One retrains the model.",
    "STALLED": "It is in training for longer than MaxTrainingHours.",
    "FINISHED": "The model was retrained on it.",
    "SWITCHED": "The model was retrained on it and went live.",
    "REJECTED": "It was refused before anything was sent.",
    "SUPERSEDED": "This version was overwritten or deleted before it could be sent.",
    "FAILED": "Prediction One did not retrain the model on it.",
    HiddenState.GIVEN_UP: "It was given up: no attempt follows automatically.",
    HiddenState.NEEDS_DECISION: "Nobody can tell whether it arrived at Prediction One: a person must decide.",
    HiddenState.UNREADABLE: "A message in the upload queue was no S3 event.",
    HiddenState.NO_RESULT: "No result of its retraining could be had for longer than MaxTrainingHours.",
    HiddenState.NOT_SWITCHED: "The model was retrained on it, but is not live, though it should be.",
    HiddenState.SWITCH_NOT_DUE: "The model was retrained on it, and rightly is not live.",
}


def summary(item: Item) -> str:
    """Return where a file stands, in a sentence."""
    if item.get("in_service"):
        return "The model was retrained on it and is live."
    return _SUMMARIES.get(state_of(item), f"Its item says {item['status']}.")


def history(item: Item) -> list[Event]:
    """Return what happened to a file, in the order of time."""
    found = [Event(str(item[name]), what) for name, what in _MOMENTS.items() if name in item]
    if "updated_at" in item and str(item["updated_at"]) not in {event.at for event in found}:
        found.append(Event(str(item["updated_at"]), f"last change: {item['status']}"))
    return sorted(found, key=lambda event: event.at)

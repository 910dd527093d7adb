"""A person's decision about an upload whose outcome nobody can find out: it arrived, or it is sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retrain.aws.plain_values import plain
from retrain.errors import RequestRefusedError
from retrain.ledger.item import MAX_PARTITION_KEY_BYTES, can_be_key, key_asked_for
from retrain.ledger.status import INTERNAL_ATTRIBUTES
from retrain.telemetry import count, logger
from retrain.uploading.redriving import event_of
from retrain.uploading.wiring import UploadDependencies

HOW_TO_ASK = (
    'Invoke this function with {"action": "resolve", "object_uri": "...", "object_version": "..."} and either '
    '"arrived": "RETRAIN_JOB_ID" or "send_again": true.'
)


@dataclass(frozen=True)
class ResolutionRequest:
    """What a person has decided.

    Attributes
    ----------
    object_uri, object_version
        The item's key.
    arrived
        The retrain job as which the file arrived; None to send it again.
    """

    object_uri: str
    object_version: str
    arrived: str | None

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> ResolutionRequest:
        """Return the request in an event.

        Raises
        ------
        RequestRefusedError
            A value is missing or has the wrong type, or both decisions are given.
        """
        key, arrived, sends_again = key_asked_for(event), event.get("arrived"), event.get("send_again") is True
        decides = arrived is None if sends_again else can_be_key(arrived, MAX_PARTITION_KEY_BYTES)
        if key is None or not decides:
            raise RequestRefusedError(f"The decision is incomplete. {HOW_TO_ASK}")
        return cls(**key, arrived=arrived)


def resolve(deps: UploadDependencies, event: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out a person's decision, and return the item as plain JSON values. Safe to repeat.

    Raises
    ------
    RequestRefusedError
        The request is incomplete, or the item does not wait for it. Nothing was changed.
    RetrainError
        It could not be carried out. Ask again.
    """
    count("Decisions")
    request = ResolutionRequest.of(event)
    key = {"object_uri": request.object_uri, "object_version": request.object_version}
    if request.arrived is not None:
        item = deps.escalations.confirm_arrival(key, request.arrived)
    else:
        item = deps.escalations.allow_sending(key)
        deps.queue.send(event_of(item))
    logger.info("A person decided whether the file arrived", extra=vars(request))
    return {name: plain(value) for name, value in item.items() if name not in INTERNAL_ATTRIBUTES}

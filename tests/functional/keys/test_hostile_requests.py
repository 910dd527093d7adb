"""Whatever is sent to the rotate function is refused, and no key is issued for it."""

from __future__ import annotations

from typing import Any

import rotate_handler
from local.prediction_one import PredictionOneStandIn
from tests.hostile.corpus import outcomes, refusal_of, requests_to

REQUESTS = requests_to("rotate")


def test_every_request_is_refused(prefix: str, prediction_one: PredictionOneStandIn) -> None:
    """Before the service is called."""
    assert prefix  # the function is set up

    def outcome_of(given: dict[str, Any]) -> str:
        return refusal_of(rotate_handler.handler, given["event"], most_characters=3000)

    assert outcomes(REQUESTS, outcome_of) == {}
    assert prediction_one.requests == []

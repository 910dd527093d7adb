"""Whatever is sent to the rotate function is refused, and no key is issued for it."""

from __future__ import annotations

import uuid
from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

import rotate_handler
from local.prediction_one import PredictionOneStandIn
from retrain.errors import RetrainError
from tests.functional.conftest import Invocation
from tests.hostile.corpus import loaded, outcomes

REQUESTS = [entry for entry in loaded("requests") if entry.given["function"] == "rotate"]


def test_every_request_is_refused(prefix: str, prediction_one: PredictionOneStandIn) -> None:
    """Before the service is called."""
    assert prefix  # the function is set up

    def outcome_of(given: dict[str, Any]) -> str:
        with pytest.raises(RetrainError) as refusal:
            rotate_handler.handler(given["event"], cast("LambdaContext", Invocation(str(uuid.uuid4()), 120, "rotate")))
        return refusal.value.code

    assert outcomes(REQUESTS, outcome_of) == {}
    assert prediction_one.requests == []

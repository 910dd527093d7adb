"""Whatever is sent to the announce function, and is no event of the stream, is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

import announce_handler
from retrain.errors import RetrainError
from tests.hostile.corpus import loaded, outcomes

REQUESTS = [entry for entry in loaded("requests") if entry.given["function"] == "announce"]

CONTEXT = SimpleNamespace(
    function_name="announce", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="id"
)


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_every_request_is_refused() -> None:
    """Before anything is announced."""

    def outcome_of(given: dict[str, Any]) -> str:
        with pytest.raises(RetrainError) as refusal:
            announce_handler.handler(given["event"], cast("LambdaContext", CONTEXT))
        return refusal.value.code

    assert outcomes(REQUESTS, outcome_of) == {}

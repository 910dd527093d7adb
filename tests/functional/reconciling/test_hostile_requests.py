"""Whatever is sent to the reconcile function is refused in a few words."""

from __future__ import annotations

import uuid
from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

import reconcile_handler
from retrain.errors import RetrainError
from tests.functional.conftest import Invocation
from tests.functional.reconciling.conftest import ReconcileFunction
from tests.hostile.corpus import loaded, outcomes

REQUESTS = [entry for entry in loaded("requests") if entry.given["function"] == "reconcile"]


def test_every_request_is_refused(reconcile_function: ReconcileFunction) -> None:
    """Before anything is listed."""

    def outcome_of(given: dict[str, Any]) -> str:
        context = cast("LambdaContext", Invocation(str(uuid.uuid4()), 900, "reconcile"))
        with pytest.raises(RetrainError) as refusal:
            reconcile_handler.handler(given["event"], context)
        assert len(str(refusal.value)) < 1000
        return refusal.value.code

    assert outcomes(REQUESTS, outcome_of) == {}
    assert reconcile_function.calls == []


@pytest.mark.parametrize("since", ["0001-01-01", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00-14:00"])
def test_first_moment_of_all_is_a_moment(reconcile_function: ReconcileFunction, since: str) -> None:
    """There is none before it to calculate with."""
    assert reconcile_function.handle({"since": since, "dry_run": True})["listed"] == 0

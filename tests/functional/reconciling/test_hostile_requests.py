"""Whatever is sent to the reconcile function is refused in a few words."""

from __future__ import annotations

from typing import Any

import pytest

import reconcile_handler
from tests.functional.reconciling.conftest import ReconcileFunction
from tests.hostile.corpus import outcomes, refusal_of, requests_to

REQUESTS = requests_to("reconcile")


def test_every_request_is_refused(reconcile_function: ReconcileFunction) -> None:
    """Before anything is listed."""

    def outcome_of(given: dict[str, Any]) -> str:
        return refusal_of(reconcile_handler.handler, given["event"], most_characters=1000)

    assert outcomes(REQUESTS, outcome_of) == {}
    assert reconcile_function.calls == []


@pytest.mark.parametrize("since", ["0001-01-01", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00-14:00"])
def test_first_moment_of_all_is_a_moment(reconcile_function: ReconcileFunction, since: str) -> None:
    """There is none before it to calculate with."""
    assert reconcile_function.handle({"since": since, "dry_run": True})["listed"] == 0

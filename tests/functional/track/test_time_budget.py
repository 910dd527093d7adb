"""What a check or a switch may take at the longest fits into the time that is kept for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from retrain.prediction_one import MAX_RETRY_AFTER_SECONDS, TIMEOUT_SECONDS
from retrain.retrain_job import RetrainJob
from retrain.tracking import RESERVE_SECONDS
from tests.functional.conftest import _TEMPLATE
from tests.functional.track.conftest import Tracking

READ_SECONDS = 3 * (2 + 5) + (1 + 2)
"""Three attempts to read a secret (connect, read), and the pauses between them."""

CALL_SECONDS = 2 * sum(TIMEOUT_SECONDS) + MAX_RETRY_AFTER_SECONDS


@pytest.fixture
def silent_secrets_manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have Secrets Manager take connections, and say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", f"http://127.0.0.1:{server.getsockname()[1]}")
        yield


@pytest.mark.usefixtures("silent_secrets_manager")
def test_silent_secrets_manager_does_not_hold_up_a_run(tracking: Tracking, job: RetrainJob) -> None:
    """It is given up in time for the record of that."""
    begun = time.monotonic()

    tracking.run()

    assert time.monotonic() - begun < READ_SECONDS + 5
    assert tracking.item(job)["error_code"] == "API_KEY_UNAVAILABLE"


def test_three_reads_of_a_secret_and_one_call_fit() -> None:
    """A refused key answers at once, so one call alone can take all its time."""
    switch_function = yaml_parse(_TEMPLATE.read_text())["Resources"]["SwitchFunction"]["Properties"]

    assert 3 * READ_SECONDS + CALL_SECONDS <= RESERVE_SECONDS
    assert switch_function["Timeout"] >= RESERVE_SECONDS

"""What a check or a switch may take at the longest fits into the time that is kept for it."""

from __future__ import annotations

from typing import Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from retrain.aws.clients import API_KEYS_CONFIG
from retrain.prediction_one.api import TIMEOUT_SECONDS
from retrain.prediction_one.sessions import MAX_RETRY_AFTER_SECONDS
from retrain.tracking.run import RESERVE_SECONDS
from tests.conftest import REPOSITORY

TEMPLATE = yaml_parse((REPOSITORY / "template.yaml").read_text())

CALL_SECONDS = 2 * sum(TIMEOUT_SECONDS) + MAX_RETRY_AFTER_SECONDS
"""A call and its one repetition."""


def read_seconds(config: Any) -> float:
    """Return how long reading a secret takes at most: the attempts, and the pauses between them, of up to 1 s, 2 s."""
    attempts: int = config.retries["total_max_attempts"]
    return attempts * float(config.connect_timeout + config.read_timeout) + sum(range(1, attempts))


def test_three_reads_of_a_secret_and_one_call_fit() -> None:
    """A refused key answers at once, so one call alone can take all its time."""
    switch_function = TEMPLATE["Resources"]["SwitchFunction"]["Properties"]

    assert 3 * read_seconds(API_KEYS_CONFIG) + CALL_SECONDS <= RESERVE_SECONDS
    assert switch_function["Timeout"] >= RESERVE_SECONDS

"""The template's values around a run: none is repeated, none waits, and there is time for what a run has taken."""

from __future__ import annotations

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from retrain.tracking.run import RESERVE_SECONDS
from tests.conftest import REPOSITORY

TEMPLATE = yaml_parse((REPOSITORY / "template.yaml").read_text())
TRACK_FUNCTION = TEMPLATE["Resources"]["TrackFunction"]["Properties"]

NEITHER_REPEATED_NOR_KEPT = {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
"""60 s is the least that Lambda and EventBridge Scheduler accept."""


def test_run_that_fails_or_is_throttled_is_neither_repeated_nor_kept() -> None:
    """Else runs pile up: Lambda keeps a throttled one for 6 hours, the schedule retries for 24."""
    schedule = TRACK_FUNCTION["Events"]["Schedule"]["Properties"]

    assert TRACK_FUNCTION["EventInvokeConfig"] == NEITHER_REPEATED_NOR_KEPT
    assert schedule["RetryPolicy"] == NEITHER_REPEATED_NOR_KEPT


def test_run_takes_jobs_for_a_whole_interval() -> None:
    """By default: its reserve for the last check begins after that."""
    interval_minutes = TEMPLATE["Parameters"]["TrackIntervalMinutes"]["Default"]

    assert TRACK_FUNCTION["Timeout"] - RESERVE_SECONDS >= interval_minutes * 60

"""How far back the alarms look: far enough for what is tried again only now and then."""

from __future__ import annotations

from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from retrain.tracking.pace import LONGEST_PAUSE_SECONDS
from tests.conftest import REPOSITORY

TEMPLATE: dict[str, Any] = yaml_parse((REPOSITORY / "template.yaml").read_text())


def alarm(name: str) -> dict[str, Any]:
    """Return an alarm's properties."""
    properties: dict[str, Any] = TEMPLATE["Resources"][name]["Properties"]
    return properties


@pytest.mark.parametrize("name", ["CredentialRejections", "UploadErrors", "AnnounceErrors", "RotationFailures"])
def test_what_fails_at_every_attempt_is_told_once(name: str) -> None:
    """A shorter window would be empty before the next attempt, and the alarm would fire anew at each."""
    assert alarm(name)["Period"] >= LONGEST_PAUSE_SECONDS


def test_three_failed_runs_fit_into_a_window() -> None:
    """At any interval: otherwise, a track function that always fails would never be told."""
    longest_seconds = 60 * TEMPLATE["Parameters"]["TrackIntervalMinutes"]["MaxValue"]

    assert alarm("TrackErrors")["Period"] >= alarm("TrackErrors")["Threshold"] * longest_seconds

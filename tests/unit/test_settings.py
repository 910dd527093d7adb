"""The settings are what the template sets, and one that is missing is named."""

from __future__ import annotations

import pytest

from retrain.settings import SwitchSettings, TrackSettings, UploadSettings

VARIABLES = {
    "JOBS_TABLE_NAME": "jobs",
    "UPLOAD_QUEUE_URL": "https://queue",
    "MAX_RECEIVE_COUNT": "60",
    "LANDING_PREFIX": "",
    "PREDICTION_ONE_API_URL": "https://service",
    "SECRET_PREFIX": "prediction-one",
}


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """One variable each; an empty landing prefix is a setting, too."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)

    settings = UploadSettings.from_environment()

    assert {name: str(getattr(settings, name.lower())) for name in VARIABLES} == VARIABLES


@pytest.mark.parametrize("missing", VARIABLES)
def test_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """A template that forgets one fails at once, and says which."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)

    with pytest.raises(KeyError, match=missing):
        UploadSettings.from_environment()


TRACK_VARIABLES = {
    "JOBS_TABLE_NAME": "jobs",
    "MODELS_TABLE_NAME": "models",
    "PREDICTION_ONE_API_URL": "https://service",
    "RESULTS_BUCKET_NAME": "results",
    "SECRET_PREFIX": "prediction-one",
    "SWITCH_POLICY": "Automatic",
    "TRACK_INTERVAL_MINUTES": "7",
    "MAX_TRAINING_HOURS": "49",
}


def test_settings_of_the_tracker_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own, and those that it shares with the switch function."""
    for name, value in TRACK_VARIABLES.items():
        monkeypatch.setenv(name, value)

    shared = SwitchSettings("jobs", "models", "https://service", "prediction-one")
    assert TrackSettings.from_environment() == TrackSettings("results", "Automatic", 7, 49, shared)


@pytest.mark.parametrize("missing", TRACK_VARIABLES)
def test_variable_that_the_tracker_misses_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """The same for the track function and the switch function."""
    for name, value in TRACK_VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)

    with pytest.raises(KeyError, match=missing):
        TrackSettings.from_environment()

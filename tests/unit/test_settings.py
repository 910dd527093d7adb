"""The settings are what the template sets, and one that is missing is named."""

from __future__ import annotations

from dataclasses import fields

import pytest

from retrain.settings import RotateSettings, UploadSettings, WatchSettings

VARIABLES = {
    "JOBS_TABLE_NAME": "jobs",
    "UPLOAD_QUEUE_URL": "https://queue",
    "MAX_RECEIVE_COUNT": "60",
    "LANDING_PREFIX": "",
    "PREDICTION_ONE_API_URL": "https://service",
    "SECRET_PREFIX": "prediction-one",
    "NOTIFICATION_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:topic",
}


Settings = type[UploadSettings | RotateSettings | WatchSettings]


@pytest.mark.parametrize("settings_class", [UploadSettings, RotateSettings, WatchSettings])
def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch, settings_class: Settings) -> None:
    """One variable each; an empty landing prefix is a setting, too."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)

    settings = settings_class.from_environment()

    for field in fields(settings):
        assert str(getattr(settings, field.name)) == VARIABLES[field.name.upper()]


@pytest.mark.parametrize(
    ("settings_class", "missing"),
    [(each, field.name.upper()) for each in (UploadSettings, RotateSettings, WatchSettings) for field in fields(each)],
)
def test_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch, settings_class: Settings, missing: str) -> None:
    """A template that forgets one fails at once, and says which."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)

    with pytest.raises(KeyError, match=missing):
        settings_class.from_environment()

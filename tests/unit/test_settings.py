"""Each function's settings come from the environment variables that the template gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from retrain.settings import (
    AnnounceSettings,
    PageSettings,
    ReconcileSettings,
    RotateSettings,
    SwitchSettings,
    TrackSettings,
    UploadSettings,
    WatchSettings,
)
from tests.conftest import REPOSITORY

TEMPLATE = yaml_parse((REPOSITORY / "template.yaml").read_text())

SETTINGS: dict[str, Any] = {
    "UploadFunction": UploadSettings,
    "TrackFunction": TrackSettings,
    "SwitchFunction": SwitchSettings,
    "AnnounceFunction": AnnounceSettings,
    "RotateFunction": RotateSettings,
    "WatchFunction": WatchSettings,
    "ReconcileFunction": ReconcileSettings,
    "PageFunction": PageSettings,
}

NUMBERS = {
    "MAX_RECEIVE_COUNT": 60,
    "MAX_TRAINING_HOURS": 1.5,
    "RECONCILE_DAYS": 7.5,
    "SETTLE_MINUTES": 0.2,
    "TRACK_INTERVAL_MINUTES": 5,
}


def variables_of(function: str) -> Mapping[str, str]:
    """Return a value for every variable that the template sets: its own name, or its number."""
    in_globals = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    own = TEMPLATE["Resources"][function]["Properties"]["Environment"]["Variables"]
    return {name: str(NUMBERS.get(name, f"the {name}")) for name in {**in_globals, **own}}


@pytest.mark.parametrize("function", SETTINGS)
def test_settings_are_what_the_template_sets(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """Every attribute has its variable, no variable is set that nobody reads, and numbers are numbers."""
    variables = variables_of(function)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    settings = asdict(SETTINGS[function].from_environment())

    assert {name for name in variables if not name.startswith("POWERTOOLS_")} == {name.upper() for name in settings}
    expected = {name: NUMBERS.get(name.upper(), variables[name.upper()]) for name in settings}
    assert settings == expected
    assert [type(value) for value in settings.values()] == [type(value) for value in expected.values()]


@pytest.mark.parametrize("settings_class", SETTINGS.values(), ids=SETTINGS)
def test_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch, settings_class: Any) -> None:
    """Whoever changes the template learns what it lacks."""
    monkeypatch.setattr("os.environ", {})

    with pytest.raises(KeyError, match="_"):
        settings_class.from_environment()


def test_every_function_is_covered() -> None:
    """A new function's settings are looked at here, too."""
    functions = {name for name, found in TEMPLATE["Resources"].items() if found["Type"] == "AWS::Serverless::Function"}

    assert functions == SETTINGS.keys()

"""What a widget's event asks for, and how it is shown: whoever may invoke the function may send anything."""

from __future__ import annotations

import json
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import CloudWatchDashboardCustomWidgetEvent

from retrain.page.request import FILE, MODEL, OVERVIEW, PageRequest, Viewer
from tests.conftest import EVENTS


def event(**values: Any) -> CloudWatchDashboardCustomWidgetEvent:
    """Return the sample event with other values."""
    sample = json.loads((EVENTS / "page_widget.json").read_text())
    return CloudWatchDashboardCustomWidgetEvent({**sample, **values})


def test_viewer_is_known_from_the_context() -> None:
    """The theme, the width, and the time zone by its ISO form."""
    assert Viewer.of(event()) == Viewer("dark", is_narrow=True, zone=timezone(timedelta(hours=9)))


@pytest.mark.parametrize(
    "context", [None, {}, [], "x", {"theme": 1, "width": "wide", "timezone": {"offsetISO": "<b>"}}, {"timezone": "x"}]
)
def test_viewer_without_a_usable_context_is_usual(context: object) -> None:
    """The function can be invoked by hand, too."""
    assert Viewer.of(event(widgetContext=context)) == Viewer("light", is_narrow=False, zone=UTC)


def test_click_asks_for_a_model_or_a_file() -> None:
    """With what the clicked element names."""
    key = {"object_uri": "s3://b/m/a.csv", "object_version": "v"}

    assert PageRequest.of(event(view="model", model="m", before="2026")) == PageRequest(MODEL, model="m", before="2026")
    assert PageRequest.of(event(view="file", **key)) == PageRequest(FILE, **key)


@pytest.mark.parametrize(
    "asked",
    [{}, {"view": "model"}, {"view": "model", "model": 1}, {"view": "file", "object_uri": "s3://b/k"}, {"view": "x"}],
)
def test_anything_else_is_the_overview(asked: dict[str, Any]) -> None:
    """What is incomplete is not guessed."""
    assert PageRequest.of(event(**asked)).view == OVERVIEW

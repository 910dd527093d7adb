"""Answers a viewer's request with HTML."""

from __future__ import annotations

from datetime import UTC, datetime

from retrain.page.details import file_details, model_details
from retrain.page.moments import Clock
from retrain.page.overview import overview
from retrain.page.problems import Problems
from retrain.page.reading import MAX_MODELS
from retrain.page.rendering import render
from retrain.page.request import FILE, MODEL, PageRequest, Viewer
from retrain.page.way import STOPS
from retrain.page.wiring import PageDependencies

DESCRIPTION = """## Prediction One Retrain

What is live, what came after it and where it stands, and what needs a person. Click a model or a file for its history,
the reason and the next step.

Parameters, all optional: none for the overview; `{"view": "model", "model": "NAME"}` for one model;
`{"view": "file", "object_uri": "...", "object_version": "..."}` for one file.
"""
"""What CloudWatch shows to whoever adds the widget to a dashboard."""


def page(deps: PageDependencies, request: PageRequest, viewer: Viewer, page_arn: str) -> str:
    """Return a view as HTML. It reads only; what cannot be read is said in it."""
    clock, problems = Clock(datetime.now(UTC), viewer.zone), Problems()
    values: dict[str, object] = {
        "viewer": viewer,
        "clock": clock,
        "problems": problems,
        "stack_name": deps.stack_name,
        "policy": deps.instructions.policy,
        "stops": STOPS,
        "arns": {"page": page_arn, "switch": deps.switch_arn, "redrive": deps.upload_arn},
    }
    if request.view == FILE:
        found = file_details(deps, (request.object_uri, request.object_version), clock, problems)
        return render("file.html", request=request, file=found, **values)
    if request.view == MODEL:
        details = model_details(deps, request.model, request.before, clock, problems)
        return render("model.html", request=request, model=details, **values)
    return render("overview.html", shown=overview(deps, clock, problems), max_models=MAX_MODELS, **values)

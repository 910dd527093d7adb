"""The page function: the custom widget of the stack's CloudWatch dashboard. It reads only."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.data_classes import CloudWatchDashboardCustomWidgetEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from retrain.page.page import DESCRIPTION, page
from retrain.page.request import PageRequest, Viewer
from retrain.page.wiring import PageDependencies, page_dependencies
from retrain.settings import PageSettings
from retrain.telemetry import logger


@cache
def dependencies() -> PageDependencies:
    """Return the function's dependencies, built once per warm function."""
    return page_dependencies(PageSettings.from_environment())


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, context: LambdaContext) -> str:
    """Return the requested view as HTML; for `{"describe": true}`, what the widget is, as Markdown."""
    widget = CloudWatchDashboardCustomWidgetEvent(event if isinstance(event, dict) else {})
    if widget.describe:
        return DESCRIPTION
    return page(dependencies(), PageRequest.of(widget), Viewer.of(widget), context.invoked_function_arn)

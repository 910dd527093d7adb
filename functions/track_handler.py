"""The track function: follows the jobs in training to their results, on a schedule."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from retrain.deadline import Deadline
from retrain.settings import TrackSettings
from retrain.telemetry import logger, metrics
from retrain.tracking.run import Run, track
from retrain.tracking.wiring import TrackDependencies, track_dependencies


@cache
def dependencies() -> TrackDependencies:
    """Return what the function works with, made once per warm function."""
    return track_dependencies(TrackSettings.from_environment())


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - it says nothing
    """Look at every open job that is due; return what happened how often.

    Raises
    ------
    TableUnavailableError
        The open jobs could not be read; the next run tries again.
    """
    run = Run(dependencies(), context.aws_request_id, Deadline.of(context))
    tally = track(run)
    logger.info("Run complete", extra=dict(tally))
    return dict(tally)

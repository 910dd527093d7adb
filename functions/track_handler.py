"""The track function: checks the jobs in training on a schedule, and stores their results."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from retrain.deadline import Deadline
from retrain.settings import TrackSettings
from retrain.telemetry import count, gauge_oldest_unfinished, logger, metrics
from retrain.tracking.checks import track
from retrain.tracking.run import Run
from retrain.tracking.wiring import TrackDependencies, track_dependencies


@cache
def dependencies() -> TrackDependencies:
    """Return the function's dependencies, built once per warm function."""
    return track_dependencies(TrackSettings.from_environment())


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - a schedule's event has nothing to read
    """Say how long the oldest file is on its way, check every open job that is due; return counts by metric name.

    Raises
    ------
    TableUnavailableError
        The open jobs could not be read. The next run tries again.
    """
    run = Run(dependencies(), context.aws_request_id, Deadline.of(context), started_at=time.time())
    count("TrackRuns")
    gauge_oldest_unfinished(run.deps.pending.oldest_seconds())
    tally = track(run)
    logger.info("Run complete", extra=dict(tally))
    return dict(tally)

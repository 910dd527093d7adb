"""The switch function: makes a retrained model live when a person who has checked its results asks for it."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from retrain.deadline import Deadline
from retrain.errors import RetrainError
from retrain.settings import SwitchSettings
from retrain.telemetry import count, logger, metrics
from retrain.tracking.switch_wiring import SwitchDependencies, switch_dependencies
from retrain.tracking.switching import SwitchRequest, switch_by_request


@cache
def dependencies() -> SwitchDependencies:
    """Return the function's dependencies, built once per warm function."""
    return switch_dependencies(SwitchSettings.from_environment())


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Make the model of the job `retrain_job_id` live, and return the job's item.

    `"force": true` also replaces a model of newer data; `"by": "..."` is added to the record.

    Raises
    ------
    RetrainError
        The model was not switched. The text says why, and what to do.
    """
    count("SwitchRequests")
    try:
        request = SwitchRequest.of(event)
        logger.append_keys(retrain_job_id=request.retrain_job_id)
        item = switch_by_request(dependencies(), request, context.aws_request_id, Deadline.of(context))
    except RetrainError as error:
        logger.warning("The model was not switched", error_code=error.code, reason=str(error))
        raise
    count("ModelsSwitched")
    logger.info("The retrained model is live", model=item["model"], by=request.by, forced=request.force)
    return item

"""The reconcile function: finds landed files whose event never came, daily or when a person asks, and sends them."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from retrain.deadline import Deadline
from retrain.errors import RetrainError
from retrain.reconciling.run import reconcile
from retrain.reconciling.wiring import ReconcileDependencies, reconcile_dependencies
from retrain.settings import ReconcileSettings
from retrain.telemetry import count, logger, metrics


@cache
def dependencies() -> ReconcileDependencies:
    """Return the function's dependencies, built once per warm function."""
    return reconcile_dependencies(ReconcileSettings.from_environment())


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Queue the landed files that have no item, and return how many were found and sent.

    `{}` looks at the last `ReconcileDays`; a person gives any of `since`, `prefix`, `limit` and `dry_run`.

    Raises
    ------
    RetrainError
        The text says why. Lambda repeats a scheduled run twice; the next one continues.
    """
    count("ReconcileRuns")
    try:
        answer = reconcile(dependencies(), event, Deadline.of(context))
    except RetrainError as error:
        logger.error("The landed files could not be reconciled", error_code=error.code, reason=str(error))
        raise
    logger.info("Run complete", extra=answer)
    return answer

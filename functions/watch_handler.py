"""The watch function: checks once a day when each model's API key ends."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from retrain.aws.clients import events_client, secrets_client, sns_client
from retrain.errors import RetrainError
from retrain.keys.watch import Watch
from retrain.settings import WatchSettings
from retrain.telemetry import count, logger, metrics


@cache
def _watch() -> Watch:
    settings = WatchSettings.from_environment()
    return Watch(
        secrets_client(),
        events_client(),
        sns_client(),
        settings.secret_prefix,
        settings.notification_topic_arn,
        settings.stack_name,
    )


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Warn about API keys that end soon, and return their models.

    Raises
    ------
    RetrainError
        The secrets could not be listed. Lambda retries twice.
    """
    count("WatchRuns")
    try:
        soon = _watch().look(datetime.now(UTC))
    except RetrainError as error:
        logger.error("The API keys could not be checked", error_code=error.code, reason=str(error))
        raise
    return {"models": [key.model for key in soon]}

"""The rotate function: Secrets Manager calls it, four times per rotation, to renew a model's API key."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from retrain.aws.clients import secrets_client
from retrain.errors import RetrainError
from retrain.keys.rotation import Rotation, RotationRequest
from retrain.prediction_one.api import PredictionOne
from retrain.settings import RotateSettings
from retrain.telemetry import count, logger, metrics

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@cache
def _secrets() -> SecretsManagerClient:
    return secrets_client()


def _rotation() -> Rotation:
    """Return the rotation of one invocation, with a new HTTP session.

    A frozen function's open connection can be dead when the next step comes, days later. The SDK repeats a call that
    meets a dead connection; calls of the service are not repeated here, so the step would fail.
    """
    settings = RotateSettings.from_environment()
    service = PredictionOne(settings.prediction_one_api_url, repetitions=0)
    return Rotation(_secrets(), service, settings.secret_prefix)


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Take one step of a rotation.

    Raises
    ------
    RetrainError
        The step failed, and with it this attempt at the rotation. Secrets Manager starts it again.
    """
    count("RotationSteps")
    try:
        request = RotationRequest.from_event(event)
        logger.append_keys(secret_id=request.secret_id, version=request.token, step=request.step)
        _rotation().take(request)
    except RetrainError as error:
        count("RotationFailures")
        logger.error(
            "The rotation step failed; Secrets Manager retries the rotation", error_code=error.code, reason=str(error)
        )
        raise

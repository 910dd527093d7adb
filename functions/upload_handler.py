"""The upload function: takes landed files from the queue and sends each to Prediction One."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from retrain.deadline import Deadline
from retrain.errors import RetrainError
from retrain.landing.envelopes import QueuedMessage, queued_messages
from retrain.settings import UploadSettings
from retrain.telemetry import count, logger, metrics
from retrain.uploading.attempt import Invocation, attempt_all
from retrain.uploading.wiring import UploadDependencies, upload_dependencies


@cache
def dependencies() -> UploadDependencies:
    """Return the function's dependencies, built once per warm function."""
    return upload_dependencies(UploadSettings.from_environment())


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Send the files of an event; return the SQS messages that must be delivered again.

    A failure that can pass is reported as a batch item failure, not raised: a function error makes Lambda take fewer
    messages from the queue, so one model's wrong key would slow down all the others.

    Raises
    ------
    RetrainError
        Only for an event that did not come through a queue. Lambda retries it.
    """
    messages = queued_messages(event)
    count("EventsReceived", len(messages) or 1)
    if not messages:
        attempt_all(dependencies(), event, _invocation(context))
    return {"batchItemFailures": [{"itemIdentifier": m.message_id} for m in messages if not _consume(m, context)]}


def _consume(message: QueuedMessage, context: LambdaContext) -> bool:
    """Return whether every outcome of this message is in the jobs table; if not, the message returns later."""
    queue = dependencies().queue
    try:
        attempt_all(dependencies(), message.body, _invocation(context, is_last=queue.is_last_receive(message)))
    except RetrainError as error:
        queue.return_later(message, error)
        return False
    return True


def _invocation(context: LambdaContext, *, is_last: bool = False) -> Invocation:
    return Invocation(context.aws_request_id, Deadline.of(context), is_last=is_last)

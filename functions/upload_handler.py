"""The upload function: takes landed files from the queue and sends each to Prediction One."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from retrain.deadline import Deadline
from retrain.errors import RetrainError, TableUnavailableError
from retrain.landing.envelopes import QueuedMessage, queued_messages
from retrain.settings import UploadSettings
from retrain.telemetry import count, defects_as_errors, log_failure, logger, metrics
from retrain.uploading.attempt import Invocation, attempt_all
from retrain.uploading.dead_letters import record_dead_letters, record_end
from retrain.uploading.redriving import redrive
from retrain.uploading.resolution import resolve
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
    messages from the queue, so one model's wrong key would slow down all the others. What the table did not record is
    raised: nobody would see it there, and it concerns all models.

    Three other events have an `action`: the schedule's `record-dead-letters`, and a person's `resolve` and `redrive`.

    Raises
    ------
    TableUnavailableError
        The jobs table could not be read or written. The message returns later.
    RetrainError
        Any other only for an event that did not come through a queue. Lambda retries it, or a person asks again.
    """
    action = event.get("action") if isinstance(event, dict) else None
    if action == "record-dead-letters":
        return record_dead_letters(dependencies(), Deadline.of(context))
    if action == "resolve":
        return resolve(dependencies(), event)
    if action == "redrive":
        return redrive(dependencies(), event, Deadline.of(context))
    messages = queued_messages(event)
    count("EventsReceived", len(messages) or 1)
    if not messages:
        attempt_all(dependencies(), event, _invocation(context))
    return {"batchItemFailures": [{"itemIdentifier": m.message_id} for m in messages if not _consume(m, context)]}


def _consume(message: QueuedMessage, context: LambdaContext) -> bool:
    """Return whether every outcome of this message is in the jobs table; if not, the message returns later."""
    queue = dependencies().queue
    is_last = queue.is_last_receive(message)
    try:
        with defects_as_errors():
            attempt_all(dependencies(), message.body, _invocation(context, is_last=is_last))
    except RetrainError as error:
        if is_last:
            _record_end(message, error)
        queue.return_later(message, error)
        if isinstance(error, TableUnavailableError):
            raise
        return False
    return True


def _record_end(message: QueuedMessage, error: RetrainError) -> None:
    try:
        with defects_as_errors():
            record_end(dependencies(), message.message_id, message.body, error)
    except RetrainError as failure:  # the schedule records it when it finds the dead letter
        log_failure(failure)


def _invocation(context: LambdaContext, *, is_last: bool = False) -> Invocation:
    return Invocation(context.aws_request_id, Deadline.of(context), is_last=is_last)

"""The upload function: takes landed files from the queue and sends each to Prediction One."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from retrain.aws.clients import sqs_client
from retrain.deadline import Deadline
from retrain.errors import RetrainError
from retrain.landing.envelopes import QueuedMessage, landed_objects, queued_messages
from retrain.settings import UploadSettings
from retrain.telemetry import count, logger, metrics
from retrain.uploading.attempt import attempt
from retrain.uploading.pairing import landings
from retrain.uploading.wiring import UploadDependencies, upload_dependencies

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FIRST_DELAY_SECONDS = 30
MAX_DELAY_SECONDS = 900
"""A message that failed comes back after 30 s, then after twice as long each time, up to 15 minutes."""

MAX_RETRY_AFTER_SECONDS = 3600
"""What the service may ask for: 60 receives of an hour each still end well within the queue's 14 days."""


@cache
def _settings() -> UploadSettings:
    return UploadSettings.from_environment()


@cache
def dependencies() -> UploadDependencies:
    """Return what the function works with, made once per warm function."""
    return upload_dependencies(_settings())


@cache
def _sqs() -> SQSClient:
    return sqs_client()


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Send the files that an event tells of; return the SQS messages that must come again.

    A failure that will pass is reported as a batch item failure, not raised: a function error makes Lambda take fewer
    messages from the queue, so one model's wrong key would slow down all the others.

    Raises
    ------
    RetrainError
        Only for an event that did not come through a queue: Lambda's own retry of it is all there is.
    """
    messages = queued_messages(event)
    count("EventsReceived", len(messages) or 1)
    if not messages:
        _attempt_all(event, context, is_last=False)
    return {"batchItemFailures": [{"itemIdentifier": m.message_id} for m in messages if not _consume(m, context)]}


def _attempt_all(event: dict[str, Any] | str, context: LambdaContext, *, is_last: bool) -> None:
    """Try every object of an event, the later ones, too, if one fails; then raise the last failure."""
    failure: RetrainError | None = None
    for landed in landed_objects(event, _settings().landing_prefix):
        try:
            for landing in landings(dependencies(), landed):
                attempt(dependencies(), landing, context.aws_request_id, Deadline.of(context), is_last=is_last)
        except RetrainError as error:
            failure = error
    if failure:
        raise failure


def _consume(message: QueuedMessage, context: LambdaContext) -> bool:
    """Return whether every outcome of this message is in the jobs table; if not, have it come again later."""
    try:
        _attempt_all(message.body, context, is_last=_is_last(message))
    except RetrainError as error:
        _put_off(message, error)
        return False
    return True


def _is_last(message: QueuedMessage) -> bool:
    return message.receive_count >= _settings().max_receive_count


def _put_off(message: QueuedMessage, error: RetrainError) -> None:
    if _is_last(message):
        logger.error(
            "Given up: the message goes to the dead-letter queue; redrive it within 14 days of its landing",
            error_code=error.code,
            reason=str(error),
            event=message.body,
        )
        _hide(message, 0)  # the queue gives it up at once: it can be redriven when people hear of it
        return
    delay_seconds = _delay_seconds(message.receive_count, error)
    if _hide(message, delay_seconds):
        logger.info(
            "The message comes again",
            in_seconds=delay_seconds,
            receive_count=message.receive_count,
            error_code=error.code,
            event=message.body,
        )


def _hide(message: QueuedMessage, seconds: int) -> bool:
    """Have nobody receive a message for a while; return whether the queue took that."""
    try:
        _sqs().change_message_visibility(
            QueueUrl=_settings().upload_queue_url, ReceiptHandle=message.receipt_handle, VisibilityTimeout=seconds
        )
    except (ClientError, BotoCoreError) as exc:
        logger.warning("The message can't be put off; it comes again when its visibility ends", cause=str(exc))
        return False
    return True


def _delay_seconds(receive_count: int, error: RetrainError) -> int:
    doubled = FIRST_DELAY_SECONDS << min(receive_count - 1, 10)
    asked_for = min(int(error.retry_after_seconds or 0), MAX_RETRY_AFTER_SECONDS)
    return max(min(doubled, MAX_DELAY_SECONDS), asked_for)

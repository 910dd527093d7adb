"""The announce function: turns status changes in the jobs table into EventBridge events and e-mails.

Three writes that keep the status are announced, too: a file is given up, a finished job's switch failed, or a model is
switched back to an earlier job.

The table's stream invokes it. A crash between a write and its event loses neither: the write makes the record, and
Lambda delivers the record until it is processed. So each change is announced at least once, and those of one job in
order. A repeated event has the same `object_uri`, `object_version`, `status` and `updated_at`. An event that
EventBridge will never take goes to the dead-letter queue instead, and the changes behind it go on.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from retrain.aws.clients import events_client, sns_client, sqs_client
from retrain.errors import AnnouncementFailedError, UnreadableEventError
from retrain.settings import AnnounceSettings
from retrain.telemetry import count, logger, metrics
from retrain.telling.announcements import Announcer
from retrain.telling.dead_letters import DeadLetters
from retrain.telling.notifications import Instructions
from retrain.telling.status_changes import StatusChange, status_changes


@cache
def _announcer() -> Announcer:
    settings = AnnounceSettings.from_environment()
    return Announcer(
        events_client(),
        sns_client(),
        settings.notification_topic_arn,
        DeadLetters(sqs_client(), settings.announce_dead_letter_queue_url),
        Instructions(
            settings.switch_policy, settings.switch_function_name, settings.upload_function_name, settings.stack_name
        ),
    )


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Announce the changes in a batch of stream records, one at a time; return the first that failed, if any.

    Lambda repeats the batch from that record on. So order is kept, and no e-mail before it is sent again.

    Raises
    ------
    AnnouncementFailedError
        The first record failed. Lambda repeats the whole batch and counts a function error.
    UnreadableEventError
        It is no event of a stream.
    """
    if not (isinstance(event, dict) and isinstance(event.get("Records"), list)):
        raise UnreadableEventError(
            "This is not an event of the jobs table's stream. Only Lambda may invoke this function."
        )
    count("EventsReceived", len(event["Records"]))
    for number, change in enumerate(status_changes(event)):
        try:
            has_event = _announcer().announce(change)
        except AnnouncementFailedError as error:
            count("AnnouncementsFailed")
            _log_failure(change, error)
            if number == 0:
                raise
            return {"batchItemFailures": [{"itemIdentifier": change.sequence_number}]}
        if has_event:
            count("StatusChangesAnnounced")
    return {"batchItemFailures": []}


def _log_failure(change: StatusChange, error: AnnouncementFailedError) -> None:
    logger.error(
        "A status change could not be announced; it is retried until it is 23 hours old. What to do: fix the cause",
        object_uri=change.job["object_uri"],
        object_version=change.job["object_version"],
        status=change.job["status"],
        previous_status=change.previous_status,
        error_code=error.code,
        reason=str(error),
    )

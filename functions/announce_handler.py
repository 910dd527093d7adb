"""The announce function: makes every status change in the jobs table an EventBridge event, and a notification.

So it does with three writes that leave the status: a file is given up, a finished job's switch failed, or a model goes
back to an earlier job.

The table's stream drives it, so that a crash between a write and its event loses neither: the write makes the record,
and Lambda hands the record in until it is dealt with. So each change is told at least once, and those of one job in
their order; a repetition has the same `object_uri`, `object_version`, `status` and `updated_at`.

An EventBridge pipe would do without a function, but it can neither turn DynamoDB's typed attributes into a plain detail
nor compare the status before and after, nor write a sentence.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from retrain.aws.clients import events_client, sns_client, sqs_client
from retrain.errors import AnnouncementFailedError
from retrain.settings import AnnounceSettings
from retrain.telemetry import count, logger, metrics
from retrain.telling.announcements import Announcer
from retrain.telling.notifications import SwitchInstructions
from retrain.telling.status_changes import StatusChange, status_changes


@cache
def _announcer() -> Announcer:
    settings = AnnounceSettings.from_environment()
    return Announcer(
        events_client(),
        sns_client(),
        sqs_client(),
        settings.notification_topic_arn,
        settings.announce_dead_letter_queue_url,
        SwitchInstructions(settings.switch_policy, settings.switch_function_name),
    )


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Announce the status changes in a batch of stream records; return the first that must come again, if any.

    Those behind it come again with it, so order holds; those before it don't, so nobody gets the same e-mail with every
    retry. One at a time, for the same reason: what is done is known to the record.

    Raises
    ------
    AnnouncementFailedError
        Not even the first was taken. The whole batch comes again, and Lambda counts a function error.
    """
    count("EventsReceived", len(event["Records"]))
    for number, change in enumerate(status_changes(event)):
        try:
            _announcer().announce(change)
        except AnnouncementFailedError as error:
            count("AnnouncementsFailed")
            _log_failure(change, error)
            if number == 0:
                raise
            return {"batchItemFailures": [{"itemIdentifier": change.sequence_number}]}
        count("StatusChangesAnnounced")
    return {"batchItemFailures": []}


def _log_failure(change: StatusChange, error: AnnouncementFailedError) -> None:
    logger.error(
        "A status change is not announced yet; it is tried again until it is 23 hours old. What to do: see the reason",
        object_uri=change.job["object_uri"],
        object_version=change.job["object_version"],
        status=change.job["status"],
        previous_status=change.previous_status,
        error_code=error.code,
        reason=str(error),
    )

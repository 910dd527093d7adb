"""Tells people once per run what a daily run has found: that notifications do not work, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from retrain.aws.errors import aws_reason
from retrain.aws.queue import queue_errors
from retrain.aws.topic import publish
from retrain.errors import AnnouncementFailedError, QueueUnavailableError
from retrain.operator_commands import p1_retrain
from retrain.printable import one_line
from retrain.telemetry import count, logger

if TYPE_CHECKING:
    from retrain.reconciling.report import Report
    from retrain.reconciling.wiring import ReconcileDependencies

FILES_NAMED = 10
"""How many files an e-mail names. The log names all."""


def tell_people(deps: ReconcileDependencies, report: Report) -> None:
    """Send one e-mail if something is missing or unsure, or the bucket's notifications are off.

    A failure is logged, and does not keep the files from being sent: the log and the metrics name them, too.
    """
    off = notifications_are_off(deps)
    if off:
        logger.error("The bucket's EventBridge notifications are off: no landed file is noticed", bucket=deps.bucket)
    if not (off or report.missing or report.unsure_count):
        return
    waiting = _waiting_messages(deps)
    found = ["notifications off"] * off + [f"{report.missing} files missing, {report.unsure_count} undecided"]
    subject = f"Prediction One retrain: {', '.join(found)}: {deps.bucket}"
    text = "\n\n".join([*_off(deps, off=off), *_missing(deps, report, waiting), *_unsure(report)])
    try:
        publish(deps.sns, deps.topic_arn, subject, text + "\n")
    except AnnouncementFailedError as error:
        count("WarningsUnsent")
        logger.error("The e-mail about missing files could not be sent", reason=str(error))


def notifications_are_off(deps: ReconcileDependencies) -> bool:
    """Return whether the landing bucket sends no events to EventBridge; False if that cannot be found out."""
    try:
        found = deps.s3.get_bucket_notification_configuration(Bucket=deps.bucket)
    except (ClientError, BotoCoreError) as exc:
        logger.error(
            "The bucket's notifications could not be checked. Check the bucket policy",
            bucket=deps.bucket,
            reason=aws_reason(exc),
        )
        return False
    return "EventBridgeConfiguration" not in found


def _waiting_messages(deps: ReconcileDependencies) -> int | None:
    """Return how many messages the upload queue holds; None if it does not say."""
    try:
        with queue_errors(deps.queue_url, "did not say how many messages wait"):
            found = deps.sqs.get_queue_attributes(
                QueueUrl=deps.queue_url,
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )
    except QueueUnavailableError as error:
        logger.error("The upload queue could not be looked at", error_code=error.code, reason=str(error))
        return None
    return sum(int(number) for number in found["Attributes"].values())


def _off(deps: ReconcileDependencies, *, off: bool) -> list[str]:
    if not off:
        return []
    return [
        (
            f"The EventBridge notifications of the bucket {deps.bucket} are off. No file is noticed when it lands, "
            "only once a day by this check."
        ),
        (
            "What to do: turn them on in the bucket's properties (Event notifications, Amazon EventBridge). This "
            "command shows them, with EventBridgeConfiguration if they are on:"
        ),
        f"aws s3api get-bucket-notification-configuration --bucket {deps.bucket}",
    ]


def _missing(deps: ReconcileDependencies, report: Report, waiting: int | None) -> list[str]:
    if not report.missing:
        return []
    named = [f"{each.uri} (landed {each.landed_at}, model {each.model})" for each in report.sent[:FILES_NAMED]]
    held = "an unknown number of" if waiting is None else waiting
    return [
        (
            f"{report.missing} landed files have no item in the jobs table. We queue {len(report.sent)} of them now, "
            "the oldest first. Each is trained on once, even if its own event still comes."
        ),
        _list(named, report.missing),
        (
            f"The upload queue held {held} messages before. If it is that far behind, the files were only waiting, "
            "and nothing is wrong. Otherwise their events never came."
        ),
        (
            "What to do: check that the bucket's EventBridge notifications are on, and that the stack's rule "
            "LandedObjectRule is enabled (docs/runbook.md#reconcilemissing). This shows what is still missing:"
        ),
        p1_retrain(deps.stack_name, "reconcile"),
    ]


def _unsure(report: Report) -> list[str]:
    if not report.unsure_count:
        return []
    named = [f"{each.landed.uri} (landed {each.landed.landed_at}): {each.reason}" for each in report.unsure]
    return [
        (
            f"Of {report.unsure_count} landed files we cannot tell whether they were sent, because they have no "
            "version id. We did not send them: a model might be trained on them twice."
        ),
        _list(named[:FILES_NAMED], report.unsure_count),
        (
            "What to do: look for the file in the jobs table and at the model in Prediction One. If the model was not "
            "trained on it, land it again. Turn on the bucket's versioning: files that land from then on are sent."
        ),
    ]


def _list(named: list[str], total: int) -> str:
    more = [f"... and {total - len(named)} more. The function's log names them."] if total > len(named) else []
    return "\n".join([*map(one_line, named), *more])

"""Whether all is well: everything that could need a person, each with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from p1_retrain.files import ago, files_of_model, pending_files
from p1_retrain.keys import ModelKey, model_keys
from p1_retrain.stack import Stack
from retrain.ledger.status import Status

FUNCTIONS = ("Upload", "Track", "Switch", "Announce", "Rotate", "Watch", "Reconcile")
RECENT_FILES = 20
"""Of each model, the newest."""

STUCK = timedelta(hours=1)
"""As the alarm OldestUnfinishedFile."""


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes
    ----------
    about
        What was looked at.
    is_well
        Whether it needs nobody.
    says
        How it is.
    to_do
        What to do, or an empty text.
    """

    about: str
    is_well: bool
    says: str
    to_do: str = ""


def findings(stack: Stack) -> Iterator[Finding]:
    """Yield everything that could need a person."""
    yield from _functions(stack)
    yield from _alarms(stack)
    yield from _queues(stack)
    yield _oldest(stack)
    yield _notifications(stack)
    keys = model_keys(stack)
    for key in keys:
        yield _key(key)
    live = {
        item["model"]: item
        for page in stack.models.meta.client.get_paginator("scan").paginate(TableName=stack.models.name)
        for item in page["Items"]
    }
    for model in sorted({*live, *(key.model for key in keys)}):
        yield _model(stack, model, live.get(model, {}).get("retrain_job_id"))


def _functions(stack: Stack) -> Iterator[Finding]:
    functions = stack.client("lambda")
    for name in FUNCTIONS:
        found = functions.get_function_configuration(FunctionName=stack.output(f"{name}FunctionName"))
        state, update = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
        if (state, update) != ("Active", "Successful"):
            yield Finding(f"function {name.lower()}", False, f"{state}, last update {update}", "sam deploy")  # noqa: FBT003 - reads well


def _alarms(stack: Stack) -> Iterator[Finding]:
    pages = stack.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{stack.name}-")
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    firing = [alarm for alarm in alarms if alarm["StateValue"] == "ALARM"]
    for alarm in firing:
        says, _, address = alarm["AlarmDescription"].partition(" Runbook: ")
        yield Finding(f"alarm {alarm['AlarmName'].rpartition('-')[2]}", is_well=False, says=says, to_do=address)
    if not firing:
        yield Finding("alarms", is_well=True, says=f"none of {len(alarms)} fires")


def _queues(stack: Stack) -> Iterator[Finding]:
    for name, is_dead, to_do in (
        ("UploadQueue", False, ""),
        ("UploadDeadLetterQueue", True, "p1-retrain dead-letters, then p1-retrain redrive"),
        ("AnnounceDeadLetterQueue", True, "p1-retrain dead-letters"),
    ):
        found = stack.client("sqs").get_queue_attributes(
            QueueUrl=stack.output(f"{name}Url"),
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        waiting, hidden = (int(found[attribute]) for attribute in sorted(found))
        is_well = not (is_dead and waiting + hidden)
        yield Finding(name, is_well, f"{waiting} messages, {hidden} being worked on", "" if is_well else to_do)


def _oldest(stack: Stack) -> Finding:
    pending = [each for status in (Status.RETRYING, Status.UPLOADING) for each in pending_files(stack, status, 1)]
    if not pending:
        return Finding("files on their way", is_well=True, says="none")
    file, since = min(pending, key=lambda each: each[1])
    is_stuck = datetime.now(UTC) - since > STUCK
    says = f"the oldest, {file['object_uri']}, for {ago(since)}. {file.reason}".strip()
    return Finding(
        "files on their way", not is_stuck, says, f"p1-retrain why '{file['object_uri']}'" if is_stuck else ""
    )


def _notifications(stack: Stack) -> Finding:
    bucket = stack.output("LandingBucketName")
    found = stack.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    if "EventBridgeConfiguration" in found:
        return Finding("bucket notifications", is_well=True, says="on")
    to_do = f"turn on EventBridge notifications in the properties of {bucket}, then p1-retrain reconcile"
    return Finding("bucket notifications", is_well=False, says="off: no landed file is noticed", to_do=to_do)


def _key(key: ModelKey) -> Finding:
    says = f"{key.days_left} days left, rotation {key.rotation}"
    to_do = f"aws secretsmanager rotate-secret --secret-id SECRET_PREFIX/{key.model}" if key.needs_a_person else ""
    return Finding(f"API key of {key.model}", not key.needs_a_person, says, to_do)


def _model(stack: Stack, model: str, live_job: str | None) -> Finding:
    recent = files_of_model(stack, model, RECENT_FILES)
    if not recent:
        return Finding(f"model {model}", is_well=True, says="no file yet")
    newest, yesterday = recent[0], (datetime.now(UTC) - timedelta(days=1)).isoformat()
    live = next((file["filename"] for file in recent if file["retrain_job_id"] == live_job), live_job)
    age = ago(newest["landed_at"])
    says = f"newest file {newest['filename']}, {age} old, is {newest.state}; live: {live or 'unknown'}"
    stuck = [file for file in recent if file.needs_a_person and (file is newest or file["landed_at"] > yesterday)]
    if not stuck:
        return Finding(f"model {model}", is_well=True, says=says)
    uri = stuck[0]["object_uri"]
    more = f"; needing a person in the last day: {len(stuck)}"
    return Finding(f"model {model}", is_well=False, says=says + more, to_do=f"p1-retrain why '{uri}'")

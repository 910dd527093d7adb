"""What became of one landed file: where it stands, why, what comes next, and what a person should do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from p1_retrain.files import File, files_at
from p1_retrain.stack import OperationError, Stack
from retrain.landing.landed_object import LandedObject
from retrain.landing.place_checks import place_refusal
from retrain.ledger.status import Status
from retrain.telling.notifications import Instructions, notification_of

ON_ITS_WAY = timedelta(hours=1)
"""For so long an event may still come; as the reconcile function's `MIN_AGE`."""

LINES = 20
"""Of the log, the newest."""

_NEXT = {
    Status.WAITING: "The other half of the pair must land: then both are sent.",
    Status.UPLOADING: "An attempt is sending it. If the attempt has died, another follows when its lease ends.",
    Status.RETRYING: "Another attempt follows automatically, at most 15 minutes after the last one.",
    Status.TRAINING: "The service retrains the model. We check the job, less often as it ages, at least hourly.",
    Status.FINISHED: "The results are stored. With SwitchPolicy Manual, a person makes the model live.",
    Status.SWITCHED: "Nothing: the retrained model went live.",
    Status.SUPERSEDED: "Nothing: the version that replaced it has its own item.",
}


@dataclass(frozen=True)
class LogLine:
    """A line of a function's log; lines that are no message, such as metrics, have none."""

    at: str
    function: str
    level: str
    message: str
    reason: str

    @classmethod
    def of(cls, function: str, line: str) -> LogLine:
        """Return a line, JSON or not."""
        try:
            fields = json.loads(line)
        except ValueError:
            return cls("", function, "", line.strip(), "")
        at, level, message, reason = (str(fields.get(name, "")) for name in ("timestamp", "level", "message", "reason"))
        return cls(at.replace(",", "."), function, level, message, reason)


@dataclass(frozen=True)
class Story:
    """What became of a landed file.

    Attributes
    ----------
    file
        Its item; None if it has none.
    others
        The items of its other versions, the newest first.
    comes_next
        What happens next, or why there is no item.
    to_do
        What a person should do, with commands; empty if nothing.
    log
        Its newest log lines.
    """

    uri: str
    file: File | None
    others: list[File]
    comes_next: str
    to_do: str
    log: list[LogLine] = field(default_factory=list)

    @property
    def needs_a_person(self) -> bool:
        """Return whether somebody must act."""
        return self.file.needs_a_person if self.file else bool(self.to_do)


def story_of(stack: Stack, uri: str, version: str | None = None) -> Story:
    """Return what became of the object at a URI, or of one of its versions.

    Raises
    ------
    OperationError
        The URI is none, or lies in another bucket.
    """
    landed = _landed(stack, uri)
    files = files_at(stack, uri) or (files_at(stack, landed.dataset_uri) if landed.half else [])
    if version:
        files = [file for file in files if version in str(file["object_version"])]
    if not files:
        comes_next, to_do = _why_no_item(stack, landed, version)
        return Story(uri, None, [], comes_next, to_do)
    file, *others = files
    instructions = Instructions(
        stack.parameter("SwitchPolicy"), stack.output("SwitchFunctionName"), stack.output("UploadFunctionName")
    )
    mail = notification_of(file.item, instructions)
    to_do = mail.body.strip() if mail and file.needs_a_person else ""
    return Story(uri, file, others, _comes_next(file), to_do, _log_of(stack, file))


def _landed(stack: Stack, uri: str) -> LandedObject:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not key:
        raise OperationError(
            f"{uri} is no S3 URI. Give one like s3://BUCKET/MODEL/data.csv, in quotes if it has spaces."
        )
    if bucket != stack.output("LandingBucketName"):
        raise OperationError(f"{uri} is not in the landing bucket, which is {stack.output('LandingBucketName')}.")
    prefix = stack.parameter("LandingPrefix")
    path = key[len(prefix) :] if key.startswith(prefix) else ""
    return LandedObject(bucket, key, path, None, "", "", 1, "")


def _comes_next(file: File) -> str:
    if file.needs_a_person:
        return "Nothing, until a person acts."
    what = {Status.UPLOADING: "The lease ends", Status.TRAINING: "The next check is due"}.get(Status(file["status"]))
    when = f" {what} at {file.due_at:%Y-%m-%d %H:%M:%S} UTC." if what and file.due_at else ""
    return _NEXT.get(Status(file["status"]), "") + when


def _why_no_item(stack: Stack, landed: LandedObject, version: str | None) -> tuple[str, str]:
    """Return why a file has no item, and what to do."""
    if landed.is_marker:
        return "It is ignored: folders and names that begin with . or _ are no training data.", ""
    if refusal := place_refusal(landed):
        return "It has no item: its event has not come. It would be refused.", str(refusal)
    found = _versions(stack, landed, version)
    if not found:
        return "There is no such object in the bucket, and no item: it never landed there.", "Check the key."
    if found[0].get("deleted"):
        return "It was deleted, and has no item: its event never came, or it was deleted before.", "Land it again."
    return _why_no_event(stack, landed, found[0]["LastModified"])


def _why_no_event(stack: Stack, landed: LandedObject, landed_at: datetime) -> tuple[str, str]:
    if landed_at < stack.created_at:
        return (
            f"It landed at {landed_at.isoformat()}, before the stack was created at {stack.created_at.isoformat()}.",
            f"p1-retrain backfill --since {landed_at.date().isoformat()} --prefix {landed.model}/",
        )
    if datetime.now(UTC) - landed_at < ON_ITS_WAY:
        waiting = stack.client("sqs").get_queue_attributes(
            QueueUrl=stack.output("UploadQueueUrl"), AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]["ApproximateNumberOfMessages"]
        return f"It landed at {landed_at.isoformat()}. Its event may be on its way; {waiting} messages are queued.", ""
    return (
        f"It landed at {landed_at.isoformat()}, and its event never came. The next daily check sends it.",
        "p1-retrain reconcile",
    )


def _versions(stack: Stack, landed: LandedObject, version: str | None) -> list[dict[str, Any]]:
    """Return the object's versions and delete markers, the newest first."""
    listed = stack.client("s3").list_object_versions(Bucket=landed.bucket, Prefix=landed.key)
    markers = [{**marker, "deleted": True} for marker in listed.get("DeleteMarkers", [])]
    found = [each for each in [*listed.get("Versions", []), *markers] if each["Key"] == landed.key]
    wanted = [each for each in found if version in (None, each["VersionId"])]
    return sorted(wanted, key=lambda each: each["LastModified"], reverse=True)


def _log_of(stack: Stack, file: File) -> list[LogLine]:
    """Return the file's newest log lines: by its version, and by its job's id."""
    logs, found = stack.client("logs"), list[LogLine]()
    texts = [str(text) for text in (file["object_version"].partition("+")[0], file["retrain_job_id"]) if text]
    start = int(datetime.fromisoformat(str(file["landed_at"])).timestamp() - 3600) * 1000
    for function in ("upload", "track", "switch", "announce"):
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{stack.name}/{function}",
            startTime=start,
            filterPattern=" ".join(f'?"{text}"' for text in texts),
        )
        lines = [event["message"] for page in pages for event in page["events"]]
        # MiniStack takes no filter pattern of several texts.
        found += [LogLine.of(function, line) for line in lines if any(text in line for text in texts)]
    return sorted((line for line in found if line.message), key=lambda line: line.at)[-LINES:]

"""Whether landed files are noticed: the bucket's notifications, the rule, and the upload function's mapping."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass

from p1_retrain.stack import Stack


@dataclass(frozen=True)
class Break:
    """A place where the way from the bucket to the function is interrupted.

    Attributes
    ----------
    text
        What is off, and what that means.
    command
        What turns it on.
    """

    text: str
    command: str


def breaks_in_flow(stack: Stack) -> list[Break]:
    """Return what is off; nothing if files are noticed.

    Raises
    ------
    BotoCoreError, ClientError
        AWS refused to say, or did not answer.
    """
    looks: tuple[Callable[[Stack], Break | None], ...] = (_notifications, _rule, _mapping)
    return [found for look in looks if (found := look(stack))]


def _notifications(stack: Stack) -> Break | None:
    bucket = stack.landing_bucket
    found = stack.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    if "EventBridgeConfiguration" in found:
        return None
    command = ["aws", "s3api", "get-bucket-notification-configuration", "--bucket", bucket]
    return Break(
        f"The EventBridge notifications of the bucket {bucket} are off: no landed file is noticed, but by the daily "
        "check. Turn them on in the bucket's properties (Event notifications, Amazon EventBridge); this shows them:",
        shlex.join(command),
    )


def _rule(stack: Stack) -> Break | None:
    name, events = f"{stack.name}-LandedObjectRule", stack.client("events")
    try:
        state = events.describe_rule(Name=name)["State"]
    except events.exceptions.ResourceNotFoundException:
        return Break(f"The rule {name} was deleted: no landed file is noticed, but by the daily check.", "sam deploy")
    if state != "DISABLED":
        return None
    return Break(
        f"The rule {name} is disabled: no landed file is noticed, but by the daily check.",
        shlex.join(["aws", "events", "enable-rule", "--name", name]),
    )


def _mapping(stack: Stack) -> Break | None:
    answer = stack.client("lambda").list_event_source_mappings(FunctionName=stack.function_name("upload"))
    mappings = answer["EventSourceMappings"]
    if not mappings:
        return Break("The upload function has no event source mapping: no file is sent.", "sam deploy")
    off = [mapping for mapping in mappings if mapping["State"] in ("Disabled", "Disabling")]
    if not off:
        return None
    return Break(
        "The upload function's event source mapping is disabled: files wait in the queue, for up to 14 days.",
        shlex.join(["aws", "lambda", "update-event-source-mapping", "--enabled", "--uuid", off[0]["UUID"]]),
    )

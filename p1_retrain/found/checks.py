"""The checks of the stack's parts: one question each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from p1_retrain.found.flow import breaks_in_flow
from p1_retrain.found.queues import ANNOUNCE_DEAD_LETTERS, DEAD_LETTERS, UPLOAD, depth_of
from p1_retrain.found.steps import FIXES
from p1_retrain.moments import span
from p1_retrain.stack import FUNCTIONS, Stack
from retrain.ledger.pending import PendingFiles
from retrain.ledger.status import IN_ATTEMPTS
from retrain.operator_commands import p1_retrain

OLD = timedelta(hours=1)
"""A file that is on its way for longer needs a person: as the alarm OldestUnfinishedFile."""

PENDING_READ = 100
"""Of the files in each status, the oldest."""

OK, PERSON, UNKNOWN = "ok", "needs a person", "not found out"
"""The verdicts."""


@dataclass(frozen=True)
class Check:
    """One thing that was checked.

    Attributes
    ----------
    name
        What.
    verdict
        `ok`, `needs a person` or `not found out`.
    text
        What was found, in a sentence.
    commands
        What to run if it needs a person.
    """

    name: str
    verdict: str
    text: str
    commands: list[str] = field(default_factory=list)


def check_functions(stack: Stack, now: datetime) -> Check:
    """Return whether the functions are there, and how often they failed."""
    functions, broken = stack.client("lambda"), []
    for function in FUNCTIONS:
        name = stack.function_name(function)
        try:
            found = functions.get_function_configuration(FunctionName=name)
        except functions.exceptions.ResourceNotFoundException:
            broken.append(f"{function} was deleted")
            continue
        if found.get("State", "Active") not in ("Active", "Inactive"):
            broken.append(f"{function} is {found['State']} ({found.get('StateReason', 'no reason given')})")
    if broken:
        return Check("functions", PERSON, f"{'; '.join(broken)}. Deploy the stack again.", ["sam deploy"])
    errors = _errors(stack, now)
    told = ", ".join(f"{function} {count}" for function, count in errors.items())
    return Check("functions", OK, f"All {len(FUNCTIONS)} are there. Errors in 24 hours: {told or 'none'}.")


def _errors(stack: Stack, now: datetime) -> dict[str, int]:
    """Return how often each function failed in 24 hours, those that did."""
    queries = [_errors_query(stack, function) for function in FUNCTIONS]
    answer = stack.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=now - timedelta(days=1), EndTime=now
    )
    counts = {result["Id"]: int(sum(result["Values"])) for result in answer["MetricDataResults"]}
    return {function: counts[function] for function in FUNCTIONS if counts.get(function)}


def _errors_query(stack: Stack, function: str) -> dict[str, Any]:
    dimensions = [{"Name": "FunctionName", "Value": stack.function_name(function)}]
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": dimensions}
    return {"Id": function, "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}}


def check_flow(stack: Stack, _: datetime) -> Check:
    """Return whether landed files are noticed."""
    breaks = breaks_in_flow(stack)
    if not breaks:
        return Check("notifications", OK, "On: every landed file is noticed.")
    commands = [each.command for each in breaks] + [p1_retrain(stack.name, "reconcile")]
    return Check("notifications", PERSON, " ".join(each.text for each in breaks), commands)


def check_queue(stack: Stack, _: datetime) -> Check:
    """Return how many files wait in the upload queue."""
    depth = depth_of(stack, UPLOAD)
    return Check(
        "upload queue", OK, f"{depth.waiting} waiting, {depth.hidden} in work or waiting for their next attempt."
    )


def check_dead_letters(stack: Stack, _: datetime) -> Check:
    """Return how many dead letters there are."""
    uploads, announcements = depth_of(stack, DEAD_LETTERS).total, depth_of(stack, ANNOUNCE_DEAD_LETTERS).total
    if not uploads and not announcements:
        return Check("dead letters", OK, "None.")
    text = f"Of landed files {uploads}, of announcements {announcements}. SQS deletes them after 14 days."
    return Check("dead letters", PERSON, text, [p1_retrain(stack.name, "dead-letters")])


def check_oldest(stack: Stack, now: datetime) -> Check:
    """Return which file has been on its way for the longest time, and which ones no further attempt alone will help."""
    pending = PendingFiles(stack.jobs)
    first = [item for status in IN_ATTEMPTS for item in islice(pending.of_status(status, PENDING_READ), PENDING_READ)]
    if not first:
        return Check("files on their way", OK, "None.")
    item = min(first, key=lambda each: str(each["pending_since"]))
    age = now - datetime.fromisoformat(str(item["pending_since"]))
    stuck = [each for each in first if each.get("error_code") in FIXES]
    told = {str(each["model"]): each for each in stuck if "model" in each} or ({"": item} if age >= OLD else {})
    if not told:
        return Check("files on their way", OK, f"The oldest for {span(age.total_seconds())}: {item['object_uri']}")
    text = "\n".join(_how_long(each, now) for each in told.values())
    commands = [p1_retrain(stack.name, "why", str(each["object_uri"])) for each in told.values()]
    return Check("files on their way", PERSON, text, commands)


def _how_long(item: Mapping[str, Any], now: datetime) -> str:
    age = now - datetime.fromisoformat(str(item["pending_since"]))
    reason = f": {item['error_message']} ({item['error_code']})" if "error_code" in item else ""
    return f"{item['object_uri']} for {span(age.total_seconds())}{reason}"


def check_alarms(stack: Stack, _: datetime) -> Check:
    """Return which of the stack's alarms are raised."""
    pages = stack.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{stack.name}-")
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    raised = [alarm for alarm in alarms if alarm["StateValue"] == "ALARM"]
    if not raised:
        return Check("alarms", OK, f"None of {len(alarms)}.")
    told = [
        f"{alarm['AlarmName'].removeprefix(f'{stack.name}-')}: {alarm.get('AlarmDescription', '')}" for alarm in raised
    ]
    return Check("alarms", PERSON, "\n".join(told))

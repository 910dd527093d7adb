"""What the functions logged about one file: by its key, and by its retrain job once it has one."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from p1_retrain.stack import Stack
from retrain.moments import iso_utc_at

BEFORE = timedelta(minutes=5)
"""An event's time has whole seconds, and clocks differ."""

AFTER = timedelta(hours=1)
"""Nothing is logged about a file later than this after the last change of its item."""

MAX_SECONDS = 20
"""For each log group. CloudWatch looks through all lines of the time, an answer at a time."""

_UNSAFE = re.compile(r'["\\\s]')
"""Where JSON text differs from the key, or a filter pattern would end."""


@dataclass(frozen=True)
class LogLine:
    """One line of a function's log.

    Attributes
    ----------
    at
        ISO 8601, UTC.
    function
        `upload`, `track`, ...
    level, message
        As logged.
    reason_code, reason
        If it tells of a failure.
    in_seconds
        If it says that the file's message returns: after how long.
    """

    at: str
    function: str
    level: str
    message: str
    reason_code: str | None
    reason: str | None
    in_seconds: int | None


@dataclass(frozen=True)
class Sought:
    """Which lines are sought.

    Attributes
    ----------
    keys
        The S3 keys of a landed file; a pair's halves and its dataset's folder.
    retrain_job_id
        Its job; None if it has none.
    since, until
        From when, and until when.
    """

    keys: tuple[str, ...]
    retrain_job_id: str | None
    since: datetime
    until: datetime


def lines_about(stack: Stack, sought: Sought) -> tuple[list[LogLine], bool]:
    """Return the lines in the order of time, and whether these are all: there may be too much to look through.

    Raises
    ------
    BotoCoreError, ClientError
        CloudWatch Logs refused or did not answer.
    """
    stack.client("logs")  # made before the threads ask for it
    terms = [(function, term) for function in ("upload", "reconcile") for term in map(_term, sought.keys)]
    if sought.retrain_job_id:
        terms += [(function, sought.retrain_job_id) for function in ("track", "switch")]
    terms += [("announce", _term(sought.keys[0]))]
    give_up_at = time.monotonic() + MAX_SECONDS
    with ThreadPoolExecutor(len(terms)) as pool:
        found = list(pool.map(lambda each: _matching(stack, each[0], each[1], sought, give_up_at), terms))
    lines = dict.fromkeys(line for some, _ in found for line in some)  # a line may name two of the keys
    return sorted(lines, key=lambda line: line.at), all(is_complete for _, is_complete in found)


def _term(key: str) -> str:
    """Return the longest part of a key that a filter pattern can look for as it is; the rest is compared here."""
    return max(_UNSAFE.split(key), key=len)


def _matching(stack: Stack, function: str, term: str, sought: Sought, give_up_at: float) -> tuple[list[LogLine], bool]:
    pages = (
        stack.client("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=stack.log_group(function),
            filterPattern=f'"{term}"',
            startTime=int((sought.since - BEFORE).timestamp() * 1000),
            endTime=int((sought.until + AFTER).timestamp() * 1000),
        )
    )
    lines = []
    for page in pages:
        parsed = ((event["timestamp"] / 1000, _parsed(event["message"])) for event in page["events"])
        lines += [_line(function, at, line) for at, line in parsed if line and _is_about(line, sought)]
        if page.get("nextToken") and time.monotonic() > give_up_at:
            return lines, False
    return lines, True


def _parsed(message: str) -> dict[str, Any] | None:
    try:
        line = json.loads(message)
    except ValueError:  # Lambda's own lines, and metrics
        return None
    return line if isinstance(line, dict) and "message" in line else None


def _is_about(line: dict[str, Any], sought: Sought) -> bool:
    if sought.retrain_job_id and line.get("retrain_job_id") == sought.retrain_job_id:
        return True
    named = f"{line.get('object_uri', '')}\n{line.get('event', '')}"
    return any(line.get("key") == key or _names(named, key) for key in sought.keys)


def _names(text: str, key: str) -> bool:
    """Return whether a URI, or an event as JSON, names a key."""
    return f"/{key}\n" in text or json.dumps(key) in text or json.dumps(key, ensure_ascii=False) in text


def _line(function: str, at: float, line: dict[str, Any]) -> LogLine:
    message = line["message"] if isinstance(line["message"], str) else json.dumps(line["message"], ensure_ascii=False)
    return LogLine(
        iso_utc_at(at),
        function,
        str(line.get("level", "")),
        message,
        line.get("error_code"),
        line.get("reason"),
        line.get("in_seconds"),
    )

"""Landed files as the jobs table has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from p1_retrain.stack import Stack
from retrain.aws.dynamodb import Condition, find
from retrain.aws.plain_values import plain
from retrain.ledger.status import INTERNAL_ATTRIBUTES, HiddenState, Status, state_of

NEEDS_A_PERSON = frozenset(
    {
        Status.REJECTED,
        Status.FAILED,
        Status.STALLED,
        HiddenState.GIVEN_UP,
        HiddenState.NEEDS_DECISION,
        HiddenState.UNREADABLE,
        HiddenState.NO_RESULT,
        HiddenState.NOT_SWITCHED,
    }
)
"""In these states nothing goes on by itself, or a person should look."""


@dataclass(frozen=True)
class File:
    """One item: a landed file or pair.

    Attributes
    ----------
    state
        The status, or what it means together with other attributes, for example `given up`.
    item
        Its attributes, without those for the functions' own use.
    due_at
        When its job is checked next, or when the lease of the attempt at it ends; None if neither is known.
    """

    state: str
    item: Mapping[str, Any]
    due_at: datetime | None = None

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> File:
        """Return an item as a file."""
        shown = {name: plain(value) for name, value in item.items() if name not in INTERNAL_ATTRIBUTES}
        due = item.get("next_check_at", item.get("lease_expires_at"))
        return cls(state_of(item), shown, datetime.fromtimestamp(int(due), UTC) if due else None)

    def __getitem__(self, name: str) -> Any:
        """Return an attribute; an empty text if there is none."""
        return self.item.get(name, "")

    @property
    def needs_a_person(self) -> bool:
        """Return whether nothing goes on by itself."""
        return self.state in NEEDS_A_PERSON

    @property
    def reason(self) -> str:
        """Return why it has not come further."""
        return f"{self['error_code']}: {self['error_message']}" if self["error_code"] else ""


def files_of_model(stack: Stack, model: str, limit: int, status: str | None = None, since: str = "") -> list[File]:
    """Return a model's files, the newest first.

    Parameters
    ----------
    status
        Only those in this status or state, for example `RETRYING` or `given up`.
    since
        ISO 8601: only those that landed then or later.
    """
    found = stack.jobs.meta.client.get_paginator("query").paginate(
        TableName=stack.jobs.name,
        IndexName="by_model",
        KeyConditionExpression="model = :model AND landed_at >= :since",
        ExpressionAttributeValues={":model": model, ":since": since or "0"},
        ScanIndexForward=False,
        PaginationConfig={"PageSize": max(limit, 25)},
    )
    files = (File.of(item) for page in found for item in page["Items"])
    return list(islice((file for file in files if status in (None, file.state, file["status"])), limit))


def files_at(stack: Stack, uri: str) -> list[File]:
    """Return the files of all versions of an object, or of all items of a dataset's folder, the newest first."""
    found = stack.jobs.query(
        KeyConditionExpression="object_uri = :uri", ExpressionAttributeValues={":uri": uri}, ConsistentRead=True
    )
    files = [File.of(item) for item in found["Items"] if "status" in item]
    return sorted(files, key=lambda file: str(file["landed_at"]), reverse=True)


def file_of_job(stack: Stack, retrain_job_id: str) -> File | None:
    """Return the file of a retrain job."""
    condition = Condition("retrain_job_id = :job", {":job": retrain_job_id})
    return next((File.of(item) for item in find(stack.jobs, "by_retrain_job_id", condition)), None)


def pending_files(stack: Stack, status: Status, limit: int) -> list[tuple[File, datetime]]:
    """Return files that are `WAITING`, `UPLOADING` or `RETRYING`, the longest pending first, and since when."""
    found: Iterator[Mapping[str, Any]] = find(
        stack.jobs, "pending", Condition("#status = :status", {":status": status}), page_items=limit
    )
    return [(File.of(item), datetime.fromisoformat(item["pending_since"])) for item in islice(found, limit)]


def ago(moment: str | datetime) -> str:
    """Return how long ago a moment was, for people."""
    then = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    seconds = (datetime.now(UTC) - then).total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if abs(seconds) >= size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"

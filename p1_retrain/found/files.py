"""Landed files, from their items in the jobs table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from p1_retrain.stack import Stack
from retrain.aws.dynamodb import Condition, find, table_errors
from retrain.landing.landed_object import HALVES
from retrain.ledger.status import HiddenState, Status, state_of
from retrain.moments import iso_utc

Item = Mapping[str, Any]

OPEN_TROUBLES = frozenset(
    {
        HiddenState.GIVEN_UP,
        HiddenState.NEEDS_DECISION,
        HiddenState.NOT_SWITCHED,
        HiddenState.NO_RESULT,
        Status.STALLED,
    }
)
"""States that stay until a person acts."""

REFUSALS = frozenset({Status.REJECTED, Status.FAILED, HiddenState.UNREADABLE})
"""States that end a file's way: a person lands another one, which has an item of its own."""


@dataclass(frozen=True)
class File:
    """One line of a listing: a landed version, and where it stands.

    Attributes
    ----------
    uri, version
        The item's key.
    state
        The status or, where a status hides something else, that: `given up`, `needs decision`, `not switched`, ...
    landed_at, updated_at
        ISO 8601, UTC.
    reason_code, reason
        Why it has not come further; None if nothing is wrong.
    is_live
        Whether its model is the one that the service predicts with.
    """

    uri: str
    version: str
    model: str | None
    status: str
    state: str
    landed_at: str
    updated_at: str
    size_bytes: int
    attempts: int
    retrain_job_id: str | None
    reason_code: str | None
    reason: str | None
    is_live: bool

    @classmethod
    def of(cls, item: Item) -> File:
        """Return the file in an item."""
        return cls(
            uri=item["object_uri"],
            version=item["object_version"],
            model=item.get("model"),
            status=str(item["status"]),
            state=str(state_of(item)),
            landed_at=str(item.get("landed_at", "")),
            updated_at=str(item.get("updated_at", "")),
            size_bytes=int(item.get("size_bytes", 0)),
            attempts=int(item.get("attempts", 0)),
            retrain_job_id=item.get("retrain_job_id"),
            reason_code=item.get("error_code"),
            reason=item.get("error_message"),
            is_live=bool(item.get("in_service")),
        )


def items_of_model(
    stack: Stack, model: str, since: datetime | None = None, page: int = 100
) -> Iterator[dict[str, Any]]:
    """Return a model's items, the newest landing first; a page at a time is read.

    Raises
    ------
    TableUnavailableError
        DynamoDB refused or did not answer.
    """
    by_time = " AND landed_at >= :since" if since else ""
    values: dict[str, Any] = {":model": model, **({":since": iso_utc(since)} if since else {})}
    found = find(stack.jobs, "by_model", Condition(f"model = :model{by_time}", values), page, last_first=True)
    return (item for item in found if "status" in item)


def items_of_uri(stack: Stack, uri: str) -> list[dict[str, Any]]:
    """Return the items of all versions of a file or a dataset's folder, the newest landing first.

    The URI of a half gives the items of its dataset that have this half.

    Raises
    ------
    TableUnavailableError
        DynamoDB refused or did not answer.
    """
    own = _by_uri(stack, uri)
    folder, _, name = uri.rpartition("/")
    dataset, _, half = folder.rpartition("/")
    if not own and name and half in HALVES:
        key = uri.removeprefix("s3://").partition("/")[2]
        own = [item for item in _by_uri(stack, f"{dataset}/") if item.get(half, {}).get("key") == key]
    return sorted(own, key=lambda item: str(item.get("landed_at", "")), reverse=True)


def items_of_job(stack: Stack, retrain_job_id: str) -> list[dict[str, Any]]:
    """Return the items of a retrain job: one, or none.

    Raises
    ------
    TableUnavailableError
        DynamoDB refused or did not answer.
    """
    return list(find(stack.jobs, "by_retrain_job_id", Condition("retrain_job_id = :id", {":id": retrain_job_id})))


def live_of(stack: Stack, model: str) -> dict[str, Any]:
    """Return the models table's item of a model: which job is live; empty if none is.

    Raises
    ------
    TableUnavailableError
        DynamoDB refused or did not answer.
    """
    with table_errors(stack.models.name, "could not be read"):
        found = stack.models.get_item(Key={"model": model}).get("Item", {})
    return dict(found) if "retrain_job_id" in found else {}


def _by_uri(stack: Stack, uri: str) -> list[dict[str, Any]]:
    pages = stack.jobs.meta.client.get_paginator("query").paginate(
        TableName=stack.jobs.name,
        KeyConditionExpression="object_uri = :uri",
        ExpressionAttributeValues={":uri": uri},
        ConsistentRead=True,
    )
    with table_errors(stack.jobs.name, "could not be read"):
        return [item for answer in pages for item in answer["Items"] if "status" in item]

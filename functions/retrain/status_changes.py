"""Reads status changes out of the records of the jobs table's stream.

DynamoDB makes a record, with the item before and after, of every write that changes an item: there is no change without
its record (DynamoDB developer guide, "Change data capture for DynamoDB Streams").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBStreamEvent

INTERNAL_ATTRIBUTES = frozenset({"expires_at", "lease_expires_at", "lease_owner", "next_check_at", "open_job"})
"""What an item holds for the functions' own use: nobody outside should build on it."""


@dataclass(frozen=True)
class StatusChange:
    """One job's step from one status to the next.

    Attributes
    ----------
    sequence_number
        The stream record's, by which Lambda takes it back.
    changed_at
        When DynamoDB took the write.
    previous_status
        None for a new job.
    job
        The item's attributes after the change, without internal ones; numbers are `int` or `float`.
    """

    sequence_number: str
    changed_at: datetime
    previous_status: str | None
    job: Mapping[str, Any]


def status_changes(event: Mapping[str, Any]) -> Iterator[StatusChange]:
    """Give the records of a stream event in which `status` differs before and after, in their order.

    A deletion, by TTL or by hand, leaves no status, so it is none.
    """
    for record in DynamoDBStreamEvent(dict(event)).records:
        written = record.dynamodb
        if written is None or written.new_image.get("status") in (None, written.old_image.get("status")):
            continue
        job = {name: _plain(value) for name, value in written.new_image.items() if name not in INTERNAL_ATTRIBUTES}
        yield StatusChange(
            sequence_number=str(written.sequence_number),
            changed_at=datetime.fromtimestamp(written.approximate_creation_date_time or 0, UTC),
            previous_status=written.old_image.get("status"),
            job=job,
        )


def _plain(value: Any) -> Any:
    """Return a number as JSON knows it: DynamoDB's are decimals."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value

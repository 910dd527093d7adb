"""Reads the changes to announce from the records of the jobs table's stream.

DynamoDB makes a record, with the item before and after, of every write that changes an item: no change lacks one
(DynamoDB developer guide, "Change data capture for DynamoDB Streams").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBStreamEvent

from retrain.aws.plain_values import plain
from retrain.ledger.status import INTERNAL_ATTRIBUTES, is_news


@dataclass(frozen=True)
class StatusChange:
    """One job's step from one status to the next, or another write that is announced like one.

    Attributes
    ----------
    sequence_number
        The stream record's; Lambda repeats a failed record by it.
    changed_at
        When DynamoDB made the write.
    previous_status
        None for a new job; the same as the job's status if something else changed.
    job
        The item's attributes after the change, without internal ones; numbers are `int` or `float`.
    """

    sequence_number: str
    changed_at: datetime
    previous_status: str | None
    job: Mapping[str, Any]


def status_changes(event: Mapping[str, Any]) -> Iterator[StatusChange]:
    """Yield the changes to announce from a stream event, in order.

    A deletion, by TTL or by hand, is not announced: it leaves no status.
    """
    for record in DynamoDBStreamEvent(dict(event)).records:
        written = record.dynamodb
        if written is None or not is_news(written.old_image, written.new_image):
            continue
        job = {name: plain(value) for name, value in written.new_image.items() if name not in INTERNAL_ATTRIBUTES}
        yield StatusChange(
            sequence_number=str(written.sequence_number),
            changed_at=datetime.fromtimestamp(written.approximate_creation_date_time or 0, UTC),
            previous_status=written.old_image.get("status"),
            job=job,
        )

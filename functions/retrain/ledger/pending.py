"""The files that are on their way to the service: how long the oldest has been.

The queue cannot tell. Its `ApproximateAgeOfOldestMessage` leaves out messages that were received three times or more
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html), that
is everything that is retried.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from retrain.aws.dynamodb import Condition, find
from retrain.ledger.status import IN_ATTEMPTS, Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class PendingFiles:
    """Reads the sparse index `pending`, one partition per status. Each method raises `TableUnavailableError`.

    Parameters
    ----------
    table
        The jobs table.
    clock
        Returns epoch seconds.
    """

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def of_status(self, status: Status, page_items: int) -> Iterator[dict[str, Any]]:
        """Yield the items that are `WAITING`, `UPLOADING` or `RETRYING` and not given up, the longest pending first."""
        return find(self._table, "pending", Condition("#status = :status", {":status": status}), page_items)

    def oldest_seconds(self) -> int:
        """Return for how long attempts at the oldest file have been going on; 0 if there is none.

        Halves that wait do not count: their other half may land at any time.
        """
        first = [next(self.of_status(status, page_items=1), None) for status in sorted(IN_ATTEMPTS)]
        since = [datetime.fromisoformat(item["pending_since"]).timestamp() for item in first if item]
        return max(0, int(self._clock() - min(since))) if since else 0

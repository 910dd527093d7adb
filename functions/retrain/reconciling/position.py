"""Where the daily run's listing of the bucket continues, if its time ended before the bucket did.

It is one item of the jobs table, without a status: no function takes it for a file's, and no change of it is announced.
A run writes only positions up to which it has dealt with everything since where it began. So whichever of two runs
writes last, nothing before its position is left out; at worst, something is looked at twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from retrain.aws.dynamodb import table_errors
from retrain.moments import iso_utc, iso_utc_at
from retrain.reconciling.listing import Position

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

POSITION_URI = "reconcile:position"
"""The item's `object_uri`, which the reconcile function's role names, too. No file's begins like this."""


@dataclass(frozen=True)
class Unfinished:
    """A pass through the bucket that a run began, and a later run completes.

    Attributes
    ----------
    start
        The pass looks at versions that S3 created then or later: none becomes too old while it waits.
    position
        Where it continues.
    """

    start: datetime
    position: Position


class Bookmark:
    """Reads and writes the position. Both methods raise `TableUnavailableError` if DynamoDB refuses or does not answer.

    Parameters
    ----------
    table
        The jobs table.
    place
        What is listed, as `bucket/prefix`: another place has another position.
    clock
        Returns epoch seconds.
    """

    def __init__(self, table: Table, place: str, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._place = place
        self._clock = clock

    def read(self) -> Unfinished | None:
        """Return the unfinished pass; None if the last one came to the end of the bucket."""
        with table_errors(self._table.name, "could not be read"):
            found = self._table.meta.client.query(
                TableName=self._table.name,
                KeyConditionExpression="object_uri = :uri AND object_version = :place",
                ExpressionAttributeValues={":uri": POSITION_URI, ":place": self._place},
                ConsistentRead=True,
            )["Items"]
        if not found or not found[0].get("key_marker"):
            return None
        item = {name: str(value) for name, value in found[0].items()}
        position = Position(item["key_marker"], item["version_id_marker"])
        return Unfinished(datetime.fromisoformat(item["window_start"]), position)

    def write(self, start: datetime, position: Position | None) -> None:
        """Record where a pass continues; None when it has come to the end of the bucket."""
        # No condition: see above, either of two runs may write last.
        with table_errors(self._table.name, "refused a write"):
            self._table.meta.client.update_item(
                TableName=self._table.name,
                Key={"object_uri": POSITION_URI, "object_version": self._place},
                UpdateExpression="SET key_marker = :key, version_id_marker = :version, window_start = :start, "
                "updated_at = :now",
                ExpressionAttributeValues={
                    ":key": position.key_marker if position else "",
                    ":version": position.version_id_marker if position else "",
                    ":start": iso_utc(start),
                    ":now": iso_utc_at(self._clock()),
                },
            )

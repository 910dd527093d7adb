"""Which landed versions have an item: many keys at once, or all items of one URI."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from retrain.aws.dynamodb import table_errors
from retrain.errors import TableUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

ItemKey = tuple[str, str]
"""An item's `object_uri` and `object_version`."""

KEYS_AT_A_TIME = 100
"""The most that one BatchGetItem takes (API reference)."""

MAX_TRIES = 8
"""How often keys are asked for that DynamoDB left out. The pauses between, up to 6 s, are 13 s in all at most."""


class KnownVersions:
    """Reads the jobs table. Every method raises `TableUnavailableError` if DynamoDB refuses or does not answer.

    Parameters
    ----------
    table
        The jobs table.
    sleep
        Waits some seconds.
    """

    def __init__(self, table: Table, sleep: Callable[[float], None] = time.sleep) -> None:
        self._table = table
        self._sleep = sleep

    def existing(self, keys: Iterable[ItemKey]) -> set[ItemKey]:
        """Return those of the keys that have an item.

        Eventually consistent, for half the price: an item that is only just written may be left out.
        """
        distinct = list(dict.fromkeys(keys))  # BatchGetItem refuses a repeated key
        batches = [distinct[start : start + KEYS_AT_A_TIME] for start in range(0, len(distinct), KEYS_AT_A_TIME)]
        return {key for batch in batches for key in self._batch(batch)}

    def items_of(self, object_uri: str) -> list[dict[str, Any]]:
        """Return what identifies the items of a URI: `etag`, `version_id`, `size_bytes`, `landed_at`."""
        pages = self._table.meta.client.get_paginator("query").paginate(
            TableName=self._table.name,
            KeyConditionExpression="object_uri = :uri",
            ProjectionExpression="etag, version_id, size_bytes, landed_at",
            ExpressionAttributeValues={":uri": object_uri},
            ConsistentRead=True,
        )
        with table_errors(self._table.name, "could not be read"):
            return [item for page in pages for item in page["Items"]]

    def _batch(self, keys: list[ItemKey]) -> set[ItemKey]:
        found: set[ItemKey] = set()
        asked = [{"object_uri": uri, "object_version": version} for uri, version in keys]
        request: dict[str, Any] = {
            self._table.name: {"Keys": asked, "ProjectionExpression": "object_uri, object_version"}
        }
        for attempt in range(MAX_TRIES):
            with table_errors(self._table.name, "could not be read"):
                answer = self._table.meta.client.batch_get_item(RequestItems=request)
            items = answer["Responses"].get(self._table.name, [])
            found |= {(str(item["object_uri"]), str(item["object_version"])) for item in items}
            # A throttled table leaves keys out (API reference, UnprocessedKeys), and the SDK does not repeat those.
            request = dict(answer.get("UnprocessedKeys", {}))
            if not request:
                return found
            self._sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, no secret
        raise TableUnavailableError(
            f"The table {self._table.name} could not be read (throttled). The next run tries again."
        )

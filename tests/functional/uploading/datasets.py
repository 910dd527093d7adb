"""A dataset's folder, in which pairs land, and what the jobs table holds of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from retrain.landing.landed_object import LandedObject
from tests.functional.conftest import CSV, LandingBucket

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass
class Dataset:
    """A dataset's folder, and what the jobs table holds of it."""

    bucket: LandingBucket
    table: Table
    key: str

    def land(self, name: str, body: bytes = CSV) -> LandedObject:
        """Put an object into the folder."""
        return self.bucket.land(self.key + name, body)

    @property
    def items(self) -> list[dict[str, Any]]:
        """Return the folder's items, by the time they were written."""
        found = self.table.query(
            KeyConditionExpression="object_uri = :uri",
            ExpressionAttributeValues={":uri": f"s3://{self.bucket.name}/{self.key}"},
        )
        return sorted(found["Items"], key=lambda item: str(item["updated_at"]))

    @property
    def statuses(self) -> list[Any]:
        """Return the statuses of the folder's items, by the time they were written."""
        return [item["status"] for item in self.items]

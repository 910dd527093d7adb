"""The product's tables as the template defines them, and the steps between statuses that were made in one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from local.ministack import MiniStack
from retrain.ledger.status import TRANSITIONS
from tests.conftest import REPOSITORY
from tests.streams import records_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table

BY_HAND = "changed_by_hand"
"""An attribute with a new value in every write by which a test plays a person: no function made that step."""

_MOMENTS = ("lease_expires_at", "next_check_at", "upload_ends_by")
"""Until when something is held or put off, in epoch seconds."""

_TEMPLATE = REPOSITORY / "template.yaml"
_CREATED_WITH = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")


class DynamoDb(Protocol):
    """MiniStack's or moto's."""

    endpoint_url: str

    def dynamodb(self) -> DynamoDBServiceResource:
        """Return the DynamoDB resource."""


def create_table(dynamodb: DynamoDb, resource: str, name: str) -> Table:
    """Create a table as the template defines the resource, with its stream if it has one."""
    properties = _resources()[resource]["Properties"]
    wanted = {part: properties[part] for part in _CREATED_WITH if part in properties}
    if stream := properties.get("StreamSpecification"):
        wanted["StreamSpecification"] = {"StreamEnabled": True, **stream}
    return dynamodb.dynamodb().create_table(TableName=name, **wanted)


@cache
def _resources() -> dict[str, Any]:
    resources: dict[str, Any] = yaml_parse(_TEMPLATE.read_text())["Resources"]
    return resources


def undeclared_steps(aws: MiniStack, jobs_table: Table) -> set[tuple[str | None, str | None]]:
    """Return the steps between two statuses that are in the table's stream, but not in `TRANSITIONS`."""
    declared = {(step.before, step.after) for step in TRANSITIONS}
    made = set()
    for record in records_of(aws.client("dynamodbstreams"), str(jobs_table.latest_stream_arn)):
        old, new = (record["dynamodb"].get(image, {}) for image in ("OldImage", "NewImage"))
        if old.get(BY_HAND) == new.get(BY_HAND):
            made.add((old.get("status", {}).get("S"), new.get("status", {}).get("S")))
    return {(before, after) for before, after in made if before != after and (before, after) not in declared}


def let_time_pass(table: Table, items: list[dict[str, Any]], seconds: int = 7200) -> None:
    """Let all leases and waits in items end, as if so much time had passed."""
    for item in items:
        moments = {name: item[name] - seconds for name in _MOMENTS if name in item}
        if moments:
            table.update_item(
                Key={part["AttributeName"]: item[part["AttributeName"]] for part in table.key_schema},
                UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in moments),
                ExpressionAttributeValues={f":{name}": moment for name, moment in moments.items()},
            )

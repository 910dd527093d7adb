"""The one way to the tables: a conditional update that tells what stands there when it is refused, and a query.

Both go through the table's client: clients are safe to share between threads, boto3's resources are not said to be
(boto3's guide, "Multithreading with resources"), and the track function uses several.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from retrain.aws.clients import CONFIG
from retrain.aws.errors import aws_reason
from retrain.errors import TableUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def table(name: str) -> Table:
    """Return a table."""
    return boto3.resource("dynamodb", config=CONFIG).Table(name)


@dataclass(frozen=True)
class Condition:
    """A condition expression and the values it names."""

    expression: str
    values: Mapping[str, Any]


class ConditionFailed(Exception):  # noqa: N818 - no error: the other side of an if
    """A conditional write was refused; `item` is what stands in the table."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        super().__init__()
        deserialize = TypeDeserializer().deserialize
        self.item = {name: deserialize(value) for name, value in item.items()}


def update(
    table: Table,
    key: Mapping[str, str],
    changes: Mapping[str, Any],
    *,
    when: Condition,
    remove: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Change an item under a condition, and return the whole item as it then is.

    Parameters
    ----------
    key
        `object_uri` and `object_version`.
    changes, remove
        New values by attribute (`attempts` is added to what stands there), and attributes to remove.
    when
        What must hold of the item; a `#` stands before the name of every attribute that is a reserved word.

    Raises
    ------
    ConditionFailed
        The condition does not hold.
    TableUnavailableError
        DynamoDB refused or did not answer.
    """
    with table_errors(table.name, "did not take a write"):
        try:
            return table.meta.client.update_item(
                TableName=table.name,
                Key=key,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **update_parameters(changes, when, remove),
            )["Attributes"]
        except table.meta.client.exceptions.ConditionalCheckFailedException as exc:
            raise ConditionFailed(cast("Mapping[str, Any]", exc.response.get("Item", {}))) from exc


def update_parameters(changes: Mapping[str, Any], when: Condition, remove: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an update's expressions, for UpdateItem and for a part of TransactWriteItems; `update` explains them."""
    return {
        "UpdateExpression": _expression(changes, remove),
        "ConditionExpression": when.expression,
        "ExpressionAttributeNames": {f"#{name}": name for name in _assigned(changes)},
        "ExpressionAttributeValues": {**when.values, **{f":{name}": value for name, value in changes.items()}},
    }


def find(table: Table, index: str, condition: Condition) -> Iterator[dict[str, Any]]:
    """Yield the items that an index has under a key condition, page by page, in the order of its sort key.

    An index follows its table a moment later, so what it says must be looked at again before it is acted on.

    Raises
    ------
    TableUnavailableError
        DynamoDB refused or did not answer.
    """
    pages = table.meta.client.get_paginator("query").paginate(
        TableName=table.name,
        IndexName=index,
        KeyConditionExpression=condition.expression,
        ExpressionAttributeValues=dict(condition.values),
    )
    with table_errors(table.name, "could not be read"):
        for page in pages:
            yield from page["Items"]


@contextmanager
def table_errors(name: str, what_failed: str) -> Iterator[None]:
    """Raise a `TableUnavailableError` for whatever DynamoDB or the way to it raises."""
    try:
        yield
    except (ClientError, BotoCoreError) as exc:
        raise TableUnavailableError(f"The table {name} {what_failed} ({aws_reason(exc)}).") from exc


def _assigned(changes: Mapping[str, Any]) -> list[str]:
    return [name for name in changes if name != "attempts"]


def _expression(changes: Mapping[str, Any], remove: tuple[str, ...]) -> str:
    clauses = ["SET " + ", ".join(f"#{name} = :{name}" for name in _assigned(changes))]
    if "attempts" in changes:
        clauses.append("ADD attempts :attempts")
    if remove:
        clauses.append("REMOVE " + ", ".join(remove))
    return " ".join(clauses)

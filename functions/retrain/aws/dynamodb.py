"""Access to the tables: a conditional update that returns the present item when it is refused, and a query.

Both use the table's client: clients are safe to share between threads, boto3's resources are not documented to be
(boto3's guide, "Multithreading with resources"), and the track function uses several threads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from retrain.aws.boto3_session import boto3_session
from retrain.aws.clients import CONFIG
from retrain.aws.errors import aws_reason
from retrain.errors import TableUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table

PAGE_ITEMS = 250
"""Of a query. DynamoDB's own page of 1 MB holds some 2,500 jobs: as Python objects 20 MiB (docs/benchmarks.md)."""


def tables(config: Config = CONFIG) -> DynamoDBServiceResource:
    """Return the access to all tables."""
    return boto3_session().resource("dynamodb", config=config)


def table(name: str) -> Table:
    """Return a table."""
    return tables().Table(name)


@dataclass(frozen=True)
class Condition:
    """A condition expression and its values."""

    expression: str
    values: Mapping[str, Any]


class ConditionFailed(Exception):  # noqa: N818 - not an error: the else branch
    """A conditional write was refused; `item` is what the table has."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        super().__init__()
        deserialize = TypeDeserializer().deserialize
        self.item = {name: deserialize(value) for name, value in item.items()}


def update(  # noqa: PLR0913 - one for each part of DynamoDB's UpdateItem
    table: Table,
    key: Mapping[str, str],
    changes: Mapping[str, Any],
    *,
    when: Condition,
    remove: tuple[str, ...] = (),
    defaults: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Change an item under a condition, and return the whole item after the change.

    Parameters
    ----------
    key
        `object_uri` and `object_version`.
    changes, remove
        New values by attribute (`attempts` is added to the present value), and attributes to remove.
    defaults
        Values of attributes that keep their present value if they have one.
    when
        The condition; names of attributes that are reserved words begin with `#`.

    Raises
    ------
    ConditionFailed
        The condition is not met.
    TableUnavailableError
        DynamoDB refused or did not answer.
    """
    with table_errors(table.name, "refused a write"):
        try:
            return table.meta.client.update_item(
                TableName=table.name,
                Key=key,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **update_parameters(changes, when, remove, defaults),
            )["Attributes"]
        except table.meta.client.exceptions.ConditionalCheckFailedException as exc:
            raise ConditionFailed(cast("Mapping[str, Any]", exc.response.get("Item", {}))) from exc


def update_parameters(
    changes: Mapping[str, Any], when: Condition, remove: tuple[str, ...] = (), defaults: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return an update's expressions, for UpdateItem and TransactWriteItems; parameters as for `update`."""
    defaults = defaults or {}
    values = {**changes, **defaults}
    return {
        "UpdateExpression": _expression(changes, remove, defaults),
        "ConditionExpression": when.expression,
        "ExpressionAttributeNames": {f"#{name}": name for name in _assigned(values)},
        "ExpressionAttributeValues": {**when.values, **{f":{name}": value for name, value in values.items()}},
    }


def find(
    table: Table,
    index: str,
    condition: Condition,
    page_items: int | None = None,
    *,
    last_first: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield the items of an index that meet a key condition, ordered by the sort key, on request the last one first.

    Names of attributes that are reserved words begin with `#`. A page of `page_items` (or `PAGE_ITEMS`) is in memory at
    a time, and the next one is read when its first item is asked for.
    An index is eventually consistent: check an item in the table before acting on it.

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
        **_names_in(condition.expression),
        ScanIndexForward=not last_first,
        PaginationConfig={"PageSize": page_items or PAGE_ITEMS},
    )
    with table_errors(table.name, "could not be read"):
        for page in pages:
            yield from page["Items"]


@contextmanager
def table_errors(name: str, what_failed: str) -> Iterator[None]:
    """Raise a `TableUnavailableError` for errors of DynamoDB and of the connection to it."""
    try:
        yield
    except (ClientError, BotoCoreError) as exc:
        raise TableUnavailableError(f"The table {name} {what_failed} ({aws_reason(exc)}).") from exc


def _names_in(expression: str) -> dict[str, Any]:
    names = {f"#{name}": name for name in re.findall(r"#(\w+)", expression)}
    return {"ExpressionAttributeNames": names} if names else {}


def _assigned(changes: Mapping[str, Any]) -> list[str]:
    return [name for name in changes if name != "attempts"]


def _expression(changes: Mapping[str, Any], remove: tuple[str, ...], defaults: Mapping[str, Any]) -> str:
    settings = [f"#{name} = :{name}" for name in _assigned(changes)]
    settings += [f"#{name} = if_not_exists(#{name}, :{name})" for name in defaults]
    clauses = ["SET " + ", ".join(settings)]
    if "attempts" in changes:
        clauses.append("ADD attempts :attempts")
    if remove:
        clauses.append("REMOVE " + ", ".join(remove))
    return " ".join(clauses)

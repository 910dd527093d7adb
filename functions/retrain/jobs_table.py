"""The one way to write the jobs table: a conditional update that tells what stands there when it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from retrain.errors import JobsTableUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


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
    JobsTableUnavailableError
        DynamoDB refused or did not answer.
    """
    try:
        return table.update_item(
            Key=key,
            UpdateExpression=_expression(changes, remove),
            ConditionExpression=when.expression,
            ExpressionAttributeNames={f"#{name}": name for name in _assigned(changes)},
            ExpressionAttributeValues={**when.values, **{f":{name}": value for name, value in changes.items()}},
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )["Attributes"]
    except table.meta.client.exceptions.ConditionalCheckFailedException as exc:
        raise ConditionFailed(cast("Mapping[str, Any]", exc.response.get("Item", {}))) from exc
    except (ClientError, BotoCoreError) as exc:
        raise unavailable("did not take a write", exc) from exc


def unavailable(what: str, exc: ClientError | BotoCoreError) -> JobsTableUnavailableError:
    """Return the error that says what the table did not do, and AWS's reason."""
    cause = exc.response["Error"]["Code"] if isinstance(exc, ClientError) else type(exc).__name__
    return JobsTableUnavailableError(f"The jobs table {what} ({cause}).")


def _assigned(changes: Mapping[str, Any]) -> list[str]:
    return [name for name in changes if name != "attempts"]


def _expression(changes: Mapping[str, Any], remove: tuple[str, ...]) -> str:
    clauses = ["SET " + ", ".join(f"#{name} = :{name}" for name in _assigned(changes))]
    if "attempts" in changes:
        clauses.append("ADD attempts :attempts")
    if remove:
        clauses.append("REMOVE " + ", ".join(remove))
    return " ".join(clauses)

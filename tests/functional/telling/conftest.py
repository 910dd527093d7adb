"""The announce function between a real table's stream, the real bus and a real topic."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from announce_handler import _announcer, handler
from local.ministack import MiniStack
from tests.functional.conftest import AwsCall, Invocation
from tests.listener import Listener
from tests.streams import records_of
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

SWITCH_FUNCTION_NAME = "stack-switch"


@dataclass(frozen=True)
class AnnounceFunction:
    """The announce function as Lambda runs it on the table's stream.

    Attributes
    ----------
    calls
        The AWS calls that it made so far: the operation and its parameters.
    """

    aws: MiniStack
    table: Table
    calls: list[AwsCall]
    dead_letter_queue_url: str

    def handle(self, event: Mapping[str, Any]) -> list[str]:
        """Invoke it with an event; return the sequence numbers that it wants to have again."""
        context = cast("LambdaContext", Invocation(str(uuid.uuid4()), 300, "announce"))
        return [failure["itemIdentifier"] for failure in handler(dict(event), context)["batchItemFailures"]]

    def records(self) -> list[dict[str, Any]]:
        """Return the stream's records so far."""
        streams = self.aws.client("dynamodbstreams")
        return list(records_of(streams, str(self.table.latest_stream_arn)))

    def dead_letters(self) -> list[dict[str, Any]]:
        """Return the notifications in its dead-letter queue."""
        received = self.aws.client("sqs").receive_message(QueueUrl=self.dead_letter_queue_url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in received.get("Messages", [])]


@pytest.fixture(scope="session")
def _jobs_table_with_stream(aws: MiniStack) -> Table:
    """Create the jobs table with its stream."""
    return create_table(aws, "JobsTable", "announced-jobs")


@pytest.fixture(scope="session")
def topic_arn(aws: MiniStack) -> str:
    """Create the topic."""
    arn: str = aws.client("sns").create_topic(Name="notifications")["TopicArn"]
    return arn


@pytest.fixture
def listener(aws: MiniStack, topic_arn: str) -> Iterator[Listener]:
    """Listen to everything that the test's function tells."""
    with Listener(aws, topic_arn) as listening:
        yield listening


@pytest.fixture
def announce_function(
    aws: MiniStack,
    _jobs_table_with_stream: Table,
    topic_arn: str,
    cold_function: Callable[..., list[AwsCall]],
) -> AnnounceFunction:
    """Give the announce function, cold."""
    queue_url = aws.client("sqs").create_queue(QueueName=f"letters-{uuid.uuid4().hex}")["QueueUrl"]
    calls = cold_function(
        _announcer,
        ANNOUNCE_DEAD_LETTER_QUEUE_URL=queue_url,
        NOTIFICATION_TOPIC_ARN=topic_arn,
        STACK_NAME="stack",
        SWITCH_FUNCTION_NAME=SWITCH_FUNCTION_NAME,
        UPLOAD_FUNCTION_NAME="stack-upload",
        SWITCH_POLICY="Manual",
    )
    return AnnounceFunction(aws, _jobs_table_with_stream, calls, queue_url)

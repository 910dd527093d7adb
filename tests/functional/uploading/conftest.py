"""The upload function as Lambda runs it, with a queue in front."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from local.ministack import MiniStack
from local.prediction_one import PredictionOneStandIn
from local.processes import wait_for
from retrain.errors import TableUnavailableError
from retrain.landing.landed_object import LandedObject
from tests.functional.conftest import SECRET_PREFIX, AwsCall, Invocation, LandingBucket
from tests.functional.uploading.datasets import Dataset
from tests.tables import BY_HAND
from upload_handler import dependencies, handler

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_sqs import SQSClient


class UploadFunction:
    """The upload function as Lambda runs it, with a queue in front.

    Attributes
    ----------
    calls
        The AWS calls that it made so far: the operation and its parameters.
    """

    def __init__(self, sqs: SQSClient, queue_url: str, jobs_table: Table, calls: list[AwsCall]) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._jobs_table = jobs_table
        self.calls = calls

    def handle(self, event: Any, remaining_seconds: float = 900) -> dict[str, Any]:
        """Invoke it with an event."""
        context = Invocation(str(uuid.uuid4()), remaining_seconds)
        answer: dict[str, Any] = handler(event, cast("LambdaContext", context))
        return answer

    def queue(self, event: Mapping[str, Any]) -> None:
        """Put an S3 event into its queue."""
        self.queue_text(json.dumps(event))

    def queue_text(self, body: str) -> str:
        """Put any text into its queue, and return the message's id."""
        return self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=body)["MessageId"]

    def bury(self, event: Mapping[str, Any], attributes: Mapping[str, Any] | None = None) -> str:
        """Put an S3 event into its dead-letter queue, as SQS or EventBridge does, and return the message's id."""
        url = f"{self._queue_url}-dead"
        return self._sqs.send_message(
            QueueUrl=url, MessageBody=json.dumps(event), MessageAttributes=dict(attributes or {})
        )["MessageId"]

    def bury_text(self, body: str) -> str:
        """Put any text into its dead-letter queue, and return the message's id."""
        return self._sqs.send_message(QueueUrl=f"{self._queue_url}-dead", MessageBody=body)["MessageId"]

    @property
    def letters(self) -> int:
        """Return how many messages are in its dead-letter queue, hidden ones included."""
        found = self._sqs.get_queue_attributes(QueueUrl=f"{self._queue_url}-dead", AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])

    def wait_for_letters(self, number: int) -> None:
        """Wait until so many messages are visible in its dead-letter queue."""

        def are_visible() -> bool:
            answer = self._sqs.get_queue_attributes(QueueUrl=f"{self._queue_url}-dead", AttributeNames=["All"])
            return answer["Attributes"]["ApproximateNumberOfMessages"] == str(number)

        wait_for("the dead letters", are_visible)

    def lose_letters(self) -> None:
        """Delete all messages in its dead-letter queue."""
        self._sqs.purge_queue(QueueUrl=f"{self._queue_url}-dead")

    def lose_messages(self) -> None:
        """Delete all messages in its queue."""
        self._sqs.purge_queue(QueueUrl=self._queue_url)

    @property
    def has_messages(self) -> bool:
        """Return whether a message is in its queue."""
        answer = self._sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["All"])
        return answer["Attributes"]["ApproximateNumberOfMessages"] != "0"

    def take_message(self) -> bool:
        """Invoke it with the message in the queue, as Lambda does; tell whether it was consumed.

        A message that failed can be received at once, as if the time until then had passed.
        """
        received = self._sqs.receive_message(QueueUrl=self._queue_url, MessageSystemAttributeNames=["All"])
        (message,) = received["Messages"]
        identity = {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"]}
        record = {"eventSource": "aws:sqs", "attributes": message["Attributes"], "body": message["Body"]}
        try:
            failed = self.handle({"Records": [{**identity, **record}]})["batchItemFailures"]
        except TableUnavailableError:
            failed = [{"itemIdentifier": message["MessageId"]}]
        if failed:
            assert failed == [{"itemIdentifier": message["MessageId"]}]
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
            return False
        self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
        return True

    def item_of(self, landed: LandedObject) -> dict[str, Any]:
        """Return a landed object's item in the jobs table."""
        key = {"object_uri": landed.uri, "object_version": landed.version}
        return self._jobs_table.get_item(Key=key, ConsistentRead=True)["Item"]

    def change(self, landed: LandedObject, **values: Any) -> None:
        """Change an item by hand."""
        values[BY_HAND] = uuid.uuid4().hex
        self._jobs_table.update_item(
            Key={"object_uri": landed.uri, "object_version": landed.version},
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
            ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
        )

    @property
    def delays_seconds(self) -> list[int]:
        """Return for how long it had its messages hidden, one after the other."""
        return [request["VisibilityTimeout"] for call, request in self.calls if call == "ChangeMessageVisibility"]


@pytest.fixture(scope="session")
def _sqs_client(aws: MiniStack) -> SQSClient:
    return cast("SQSClient", aws.client("sqs"))


@pytest.fixture
def upload_function(
    cold_function: Callable[..., list[AwsCall]],
    jobs_table: Table,
    prediction_one: PredictionOneStandIn,
    model: str,
    _sqs_client: SQSClient,
) -> UploadFunction:
    """Give the upload function, cold, with a queue of its own; the model's secret is not there yet."""
    queue_url = _sqs_client.create_queue(QueueName=model, Attributes={"VisibilityTimeout": "960"})["QueueUrl"]
    dead_letter_queue_url = _sqs_client.create_queue(QueueName=f"{model}-dead")["QueueUrl"]
    calls = cold_function(
        dependencies,
        JOBS_TABLE_NAME=jobs_table.name,
        LANDING_PREFIX="",
        PREDICTION_ONE_API_URL=prediction_one.base_url,
        SECRET_PREFIX=SECRET_PREFIX,
        UPLOAD_QUEUE_URL=queue_url,
        UPLOAD_DEAD_LETTER_QUEUE_URL=dead_letter_queue_url,
        MAX_RECEIVE_COUNT="60",
        SETTLE_MINUTES="10",
    )
    return UploadFunction(_sqs_client, queue_url, jobs_table, calls)


@pytest.fixture(params=["versions", "no versions"])
def dataset(
    request: pytest.FixtureRequest,
    landing_bucket: LandingBucket,
    unversioned_bucket: LandingBucket,
    jobs_table: Table,
    model: str,
) -> Dataset:
    """Give an empty dataset folder, in a bucket of either kind."""
    bucket = landing_bucket if request.param == "versions" else unversioned_bucket
    return Dataset(bucket, jobs_table, f"{model}/2026/データ/")

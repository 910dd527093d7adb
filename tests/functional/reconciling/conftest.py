"""The reconcile function between a bucket of its own, the jobs table, and the upload function's queue."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

import reconcile_handler
from local.ministack import MiniStack
from retrain.landing.landed_object import LandedObject
from retrain.moments import iso_utc
from tests.conftest import eventbridge_event, landed_as
from tests.functional.conftest import CSV, AwsCall, Clock, Invocation, LandingBucket
from tests.functional.uploading.conftest import UploadFunction, _sqs_client, upload_function
from tests.listener import Listener

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_sqs import SQSClient

__all__ = ["_sqs_client", "upload_function"]  # the fixtures of the function that gets what is missing

TWO_HOURS = 2 * 3600
"""How long ago everything has landed: a daily run leaves the last hour alone."""


@dataclass
class ReconcileFunction:
    """The reconcile function as Lambda runs it, and the bucket, table and queue around it."""

    bucket: LandingBucket
    table: Table
    sqs: SQSClient
    queue_url: str
    upload_function: UploadFunction
    calls: list[AwsCall]
    clock: Clock
    answers: list[dict[str, Any]] = field(default_factory=list)

    def handle(self, event: Mapping[str, Any] | None = None, remaining_seconds: float = 900) -> dict[str, Any]:
        """Invoke it, as its schedule does unless an event is given."""
        context = Invocation(str(uuid.uuid4()), remaining_seconds, "reconcile")
        answer: dict[str, Any] = reconcile_handler.handler(dict(event or {}), cast("LambdaContext", context))
        self.answers.append(answer)
        return answer

    def lose(self, key: str, body: bytes = CSV) -> LandedObject:
        """Land a file, and lose its event."""
        return self.bucket.land(key, body)

    def land(self, key: str, body: bytes = CSV) -> LandedObject:
        """Land a file, and have the upload function deal with its event."""
        landed = self.lose(key, body)
        self.upload_function.handle(event_of(landed))
        return landed

    def queue_is_empty(self) -> bool:
        """Return whether the upload queue holds no message."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)
        return set(found["Attributes"].values()) == {"0"}

    def drain(self) -> int:
        """Have the upload function take every message, and return how many there were."""
        taken = 0
        while not self.queue_is_empty():
            self.upload_function.take_message()
            taken += 1
        return taken

    def statuses(self, uri: str) -> list[Any]:
        """Return the statuses of a URI's items."""
        found = self.table.query(
            KeyConditionExpression="object_uri = :uri", ExpressionAttributeValues={":uri": uri}, ConsistentRead=True
        )
        return sorted(item["status"] for item in found["Items"])


def event_of(landed: LandedObject) -> dict[str, Any]:
    """Return the event that S3 sends of a file that has just landed."""
    return {**eventbridge_event(landed), "time": iso_utc(datetime.now(UTC).replace(microsecond=0))}


def counts(answer: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Return how many were listed, known, missing and sent."""
    return answer["listed"], answer["known"], answer["missing"], answer["sent"]


@pytest.fixture(params=["Enabled"])
def bucket(request: pytest.FixtureRequest, aws: MiniStack, model: str) -> LandingBucket:
    """Give a bucket of the test's own, with EventBridge notifications; with versions unless a test says otherwise."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=f"own-{model}")
    if request.param:
        s3.put_bucket_versioning(Bucket=f"own-{model}", VersioningConfiguration={"Status": request.param})
    turn_notifications(s3, f"own-{model}", on=True)
    return LandingBucket(s3, f"own-{model}")


def turn_notifications(s3: Any, bucket: str, *, on: bool) -> None:
    """Turn a bucket's EventBridge notifications on or off."""
    wanted: dict[str, Any] = {"EventBridgeConfiguration": {}} if on else {}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)


@pytest.fixture(scope="session")
def topic_arn(aws: MiniStack) -> str:
    """Create the topic."""
    arn: str = aws.client("sns").create_topic(Name="reconciled")["TopicArn"]
    return arn


@pytest.fixture
def listener(aws: MiniStack, topic_arn: str) -> Iterator[Listener]:
    """Listen to what people are told."""
    with Listener(aws, topic_arn) as listening:
        yield listening


@pytest.fixture
def reconcile_function(  # noqa: PLR0913, PLR0917 - one for each part around it
    cold_function: Callable[..., list[AwsCall]],
    upload_function: UploadFunction,
    bucket: LandingBucket,
    jobs_table: Table,
    topic_arn: str,
    model: str,
    _sqs_client: SQSClient,
    monkeypatch: pytest.MonkeyPatch,
) -> ReconcileFunction:
    """Give the reconcile function, cold, two hours after everything has landed."""
    queue_url = _sqs_client.get_queue_url(QueueName=model)["QueueUrl"]
    calls = cold_function(
        reconcile_handler.dependencies,
        JOBS_TABLE_NAME=jobs_table.name,
        LANDING_BUCKET_NAME=bucket.name,
        LANDING_PREFIX="",
        NOTIFICATION_TOPIC_ARN=topic_arn,
        STACK_NAME="stack",
        RECONCILE_DAYS="7",
        UPLOAD_QUEUE_URL=queue_url,
    )
    clock = Clock(ahead_seconds=TWO_HOURS)
    deps = replace(reconcile_handler.dependencies(), clock=clock.time)
    monkeypatch.setattr(reconcile_handler, "dependencies", lambda: deps)
    return ReconcileFunction(bucket, jobs_table, _sqs_client, queue_url, upload_function, calls, clock)


def messages_in(function: ReconcileFunction) -> list[dict[str, Any]]:
    """Take all messages out of the upload queue, and return their bodies."""
    bodies = []
    while found := function.sqs.receive_message(QueueUrl=function.queue_url, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            bodies.append(json.loads(message["Body"]))
            function.sqs.delete_message(QueueUrl=function.queue_url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def land_in_parts(bucket: LandingBucket, key: str) -> LandedObject:
    """Land a file in a multipart upload of one part, and return it as its event would describe it."""
    s3: Any = bucket.s3
    place = {"Bucket": bucket.name, "Key": key}
    upload = s3.create_multipart_upload(**place)["UploadId"]
    part = s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=CSV)["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    done = s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)
    described = {"etag": done["ETag"].strip('"'), "version_id": done.get("VersionId"), "size_bytes": len(CSV)}
    return landed_as(key, bucket=bucket.name, sequencer=uuid.uuid4().hex[:16].upper(), **described)

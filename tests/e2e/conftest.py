"""The deployed template, one stack per test process; after every test, a search for secrets in all that it left."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.environments import environment_with
from local.processes import wait_for
from local.stack import SECRET_KEY, LocalStack
from tests.listener import Listener
from tests.streams import records_of
from tests.tables import undeclared_steps

CSV = b"species,body_mass_g\n" + b"Adelie,3750\n" * 100

SIGNATURES_OF_UPLOAD_URLS = ("X-Amz-Signature", "X-Amz-Credential")


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., LocalStack]:
    """Give a function that makes a stack with other parameters; all are built once."""
    build_dir = tmp_path_factory.mktemp("build")

    def make(**parameters: str) -> LocalStack:
        quick = {"SettleMinutes": "0.05", **parameters}
        return LocalStack(tmp_path_factory.mktemp("stack"), quick, training_seconds=3600, build_dir=build_dir)

    return make


@pytest.fixture(scope="session")
def stack(start: Callable[..., LocalStack]) -> Iterator[LocalStack]:
    """Give the running stack; nothing of it is left afterwards."""
    with start(MaxConcurrentUploads="10", TrackIntervalMinutes="1") as running:
        yield running


@pytest.fixture
def model() -> str:
    """Give a model name that no other test uses."""
    return f"model-{uuid.uuid4().hex[:8]}"


@pytest.fixture(autouse=True, scope="module")
def no_secret_left_behind(stack: LocalStack) -> Iterator[None]:
    """Search, after every module's tests, for keys and upload URLs wherever they must not be."""
    yield
    left_behind = everything_left_behind(stack)
    issued = stack.prediction_one.issued_keys()
    secrets = (*stack.api_keys, *issued, SECRET_KEY, *SIGNATURES_OF_UPLOAD_URLS)
    assert [secret for secret in secrets if secret in left_behind] == []


@pytest.fixture(autouse=True, scope="module")
def only_declared_steps(stack: LocalStack) -> Iterator[None]:
    """Hold, after every module's tests, each step of the deployed functions against the table of transitions."""
    yield
    assert undeclared_steps(stack.aws, stack.aws.dynamodb().Table(stack.outputs["JobsTableName"])) == set()


def everything_left_behind(stack: LocalStack) -> str:
    """Return all log lines, items, metrics and, as events are made of it, whatever an item ever was, as one text."""
    tables = [stack.aws.dynamodb().Table(stack.outputs[name]) for name in ("JobsTableName", "ModelsTableName")]
    items = [item for table in tables for item in table.scan()["Items"]]
    metrics = stack.aws.client("cloudwatch").list_metrics()["Metrics"]
    written = records_of(stack.aws.client("dynamodbstreams"), str(tables[0].latest_stream_arn))
    return "\n".join([*stack.log_lines(), *map(str, items), *map(str, metrics), *map(str, written)])


@pytest.fixture
def listener(stack: LocalStack) -> Iterator[Listener]:
    """Listen to the events and notifications of the deployed stack."""
    with Listener(stack.aws, stack.outputs["NotificationTopicArn"]) as listening:
        yield listening


@pytest.fixture
def wait_for_job(stack: LocalStack) -> Callable[..., dict[str, Any]]:
    """Give a function that waits until the one item of an object has a status, and returns the item."""

    def wait(object_uri: str, status: str, timeout_seconds: float = 60) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            jobs = stack.jobs(object_uri)
            return jobs[0] if [job["status"] for job in jobs] == [status] else None

        try:
            return wait_for(f"{object_uri} to be {status}", look, timeout_seconds)
        except TimeoutError as exc:
            raise TimeoutError(f"{exc} There is: {stack.jobs(object_uri)}") from exc

    return wait


@contextmanager
def rule_disabled(stack: LocalStack) -> Iterator[None]:
    """Keep S3's own events away, so that a test can deliver them by hand."""
    events = stack.aws.client("events")
    (name,) = [rule["Name"] for rule in events.list_rules()["Rules"] if "LandedObjectRule" in rule["Name"]]
    events.disable_rule(Name=name)
    yield
    events.enable_rule(Name=name)


@contextmanager
def notifications_off(stack: LocalStack) -> Iterator[None]:
    """Turn the bucket's notifications off for a while."""
    s3, bucket = stack.aws.client("s3"), stack.outputs["LandingBucketName"]
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    yield
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})


@contextmanager
def given_up_at_once(stack: LocalStack) -> Iterator[None]:
    """Reduce the 60 receives to one for a while, for the queue and for the function."""
    sqs, queue_url = stack.aws.client("sqs"), stack.outputs["UploadQueueUrl"]
    policy = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["RedrivePolicy"])["Attributes"]
    shortened = json.dumps({**json.loads(policy["RedrivePolicy"]), "maxReceiveCount": 1})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"RedrivePolicy": shortened})
    with environment_with(stack, "upload", MAX_RECEIVE_COUNT="1"):
        yield
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes=policy)


def take_dead_letter(stack: LocalStack, model: str) -> dict[str, Any] | None:
    """Receive the model's message from the dead-letter queue; other tests' messages may have ended there, too."""
    url = stack.outputs["UploadDeadLetterQueueUrl"]
    received = stack.aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=1)
    return next((message for message in received.get("Messages", []) if model in message["Body"]), None)


@pytest.fixture
def by_hand(stack: LocalStack) -> Iterator[None]:
    """Keep S3's own events away during the test."""
    with rule_disabled(stack):
        yield


@pytest.fixture(params=["stays valid", "revoked at once"])
def old_key(request: pytest.FixtureRequest, stack: LocalStack) -> Iterator[str]:
    """Have the service keep or revoke the old API key when it issues a new one."""
    stack.prediction_one.change_settings(revoke_old_keys=request.param == "revoked at once")
    yield request.param
    stack.prediction_one.change_settings(revoke_old_keys=False)


@pytest.fixture
def sample_event() -> Callable[[str], dict[str, Any]]:
    """Give a function that loads a sample from `events/`."""

    def load(name: str) -> dict[str, Any]:
        event: dict[str, Any] = json.loads((Path("events") / f"{name}.json").read_text(encoding="utf-8"))
        return event

    return load


def repeat_event(stack: LocalStack, job: dict[str, Any], body: bytes) -> None:
    """Deliver the event of a landed object again, as S3 may: a message that waits out its back-off is not awaited."""
    bucket, _, key = job["object_uri"].removeprefix("s3://").partition("/")
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    landed = {"key": key, "size": len(body), "etag": etag, "sequencer": job["object_version"]}
    detail = {"bucket": {"name": bucket}, "object": landed}
    event = {"source": "aws.s3", "detail-type": "Object Created", "time": job["landed_at"], "detail": detail}
    send_to_upload_queue(stack, event)


def send_to_upload_queue(stack: LocalStack, event: dict[str, Any]) -> None:
    """Deliver an S3 event as EventBridge does."""
    stack.aws.client("sqs").send_message(QueueUrl=stack.outputs["UploadQueueUrl"], MessageBody=json.dumps(event))

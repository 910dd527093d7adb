"""The function's process is killed at every boundary between two steps, and each file is trained on exactly once.

All crashes happen side by side on a stack of their own; a test then waits for its file. The function's timeout and the
queue's visibility are shortened from outside: a message comes again after seconds instead of a quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.prediction_one.values import Fault
from local.processes import wait_for
from local.stack import LocalStack
from tests.e2e.conftest import CSV
from tests.e2e.tripwires import Tripwire, TripwireProxy

FUNCTION_TIMEOUT_SECONDS = 40

CRASHES = {
    tripwire.name: tripwire
    for tripwire in (
        Tripwire("before-claim", "UpdateItem", 1, "before"),
        Tripwire("after-claim", "UpdateItem", 1, "after"),
        Tripwire("before-key", "GetSecretValue", 1, "before"),
        Tripwire("after-key", "GetSecretValue", 1, "after"),
        Tripwire("before-url", "upload_url", 1, "before"),
        Tripwire("after-url", "upload_url", 1, "after"),
        Tripwire("before-job-id", "UpdateItem", 2, "before"),
        Tripwire("after-job-id", "UpdateItem", 2, "after"),
        Tripwire("after-first-read", "GetObject", 1, "after"),
        Tripwire("mid-body", "GetObject", 1, "midway"),
        Tripwire("before-mark", "UpdateItem", 3, "before"),
        Tripwire("after-mark", "UpdateItem", 3, "after"),
    )
}
BEFORE_ANSWER = "before-answer"
"""Killed between the last byte and the store's answer: by hand, for that call goes past the proxies."""


@pytest.fixture(scope="module")
def stack(start: Callable[..., LocalStack]) -> Iterator[LocalStack]:
    """Give a stack on which every crash has happened, each to a file of its own."""
    with start(MaxConcurrentUploads="20") as running:
        aws = TripwireProxy(running.aws.endpoint_url, running.aws.ca_bundle)
        service = TripwireProxy(running.prediction_one.base_url)
        with aws, service:
            lead_through(running, aws, service)
            for tripwire in CRASHES.values():
                (service if tripwire.call == "upload_url" else aws).set(tripwire)
            aws.set(Tripwire(BEFORE_ANSWER, "UpdateItem", 99, "before"))  # never sprung: it only learns the process id
            running.prediction_one.add_fault(Fault("put", "slow", filename=f"{BEFORE_ANSWER}.csv", delay_seconds=15))
            for name in (*CRASHES, BEFORE_ANSWER):
                running.add_model(name)
                running.land(f"{name}/{name}.csv", CSV * 1000 if name == "mid-body" else CSV)
            wait_for("the last byte", lambda: running.prediction_one.find_uploads(model=BEFORE_ANSWER), 180)
            aws.kill(BEFORE_ANSWER)
            wait_for("every crash", lambda: len(aws.sprung) + len(service.sprung) == len(CRASHES), 180)
            yield running


def lead_through(stack: LocalStack, aws: TripwireProxy, service: TripwireProxy) -> None:
    """Have the function call AWS and the service through the proxies, and have what it drops come again soon."""
    functions, name = stack.aws.client("lambda"), stack.outputs["UploadFunctionName"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=name,
        Timeout=FUNCTION_TIMEOUT_SECONDS,
        Environment={"Variables": {**variables, "AWS_ENDPOINT_URL": aws.url, "PREDICTION_ONE_API_URL": service.url}},
    )
    stack.aws.client("sqs").set_queue_attributes(
        QueueUrl=stack.outputs["UploadQueueUrl"], Attributes={"VisibilityTimeout": str(FUNCTION_TIMEOUT_SECONDS + 5)}
    )


@pytest.mark.parametrize("name", [*CRASHES, BEFORE_ANSWER])
def test_killed_attempt_ends_in_one_upload(stack: LocalStack, name: str) -> None:
    """Whatever the moment, one upload is stored, and one item in TRAINING names it."""
    uri = f"s3://{stack.outputs['LandingBucketName']}/{name}/{name}.csv"

    def in_training() -> dict[str, Any] | None:
        jobs = stack.jobs(uri)
        return jobs[0] if [job["status"] for job in jobs] == ["TRAINING"] else None

    job = wait_for(f"{name} to be trained on", in_training, timeout_seconds=180)

    uploads = stack.prediction_one.find_uploads(model=name)
    assert [upload.retrain_job_id for upload in uploads] == [job["retrain_job_id"]]
    assert uploads[0].size_bytes == job["size_bytes"]
    assert job["attempts"] >= (1 if name in ("before-claim", "after-mark") else 2)  # a slow machine takes more


def test_crashed_messages_leave_the_queue(stack: LocalStack) -> None:
    """The message of an attempt that died after its mark comes again, is recognised as done, and goes."""

    def queue_is_empty() -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = stack.aws.client("sqs").get_queue_attributes(
            QueueUrl=stack.outputs["UploadQueueUrl"], AttributeNames=names
        )["Attributes"]
        return all(counts[name] == "0" for name in names)

    assert wait_for("the queue to be empty", queue_is_empty, timeout_seconds=120)

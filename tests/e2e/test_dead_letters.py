"""An outage that outlasts every attempt: the message ends in the dead-letter queue, and a redrive brings it back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.processes import wait_for
from local.stack import LocalStack
from tests.e2e.conftest import CSV


@pytest.fixture
def given_up_at_once(stack: LocalStack) -> Iterator[None]:
    """Shorten the 60 receives to one meanwhile, from outside."""
    sqs, queue_url = stack.aws.client("sqs"), stack.outputs["UploadQueueUrl"]
    policy = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["RedrivePolicy"])["Attributes"][
        "RedrivePolicy"
    ]
    shortened = json.dumps({**json.loads(policy), "maxReceiveCount": 1})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"RedrivePolicy": shortened})
    yield
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"RedrivePolicy": policy})


@pytest.mark.usefixtures("given_up_at_once")
def test_redriven_message_succeeds(stack: LocalStack, model: str, wait_for_job: Callable[..., dict[str, Any]]) -> None:
    """What ended in the dead-letter queue is neither lost nor spoilt."""
    uri = stack.land(f"{model}/data.csv", CSV)  # there is no secret
    assert wait_for_job(uri, "RETRYING")["error_code"] == "API_KEY_UNAVAILABLE"
    letter = wait_for("the dead letter", lambda: take_dead_letter(stack, model), timeout_seconds=90)
    stack.add_model(model)

    redrive(stack, letter)
    job = wait_for_job(uri, "TRAINING")

    assert job["attempts"] == 2
    assert len(stack.prediction_one.find_uploads(model=model)) == 1


def take_dead_letter(stack: LocalStack, model: str) -> dict[str, Any] | None:
    """Receive the model's message from the dead-letter queue; other tests' messages may have ended there, too."""
    url = stack.outputs["UploadDeadLetterQueueUrl"]
    received = stack.aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=1)
    return next((message for message in received.get("Messages", []) if model in message["Body"]), None)


def redrive(stack: LocalStack, letter: dict[str, Any]) -> None:
    """Move a message as SQS's StartMessageMoveTask does, which MiniStack does not know."""
    sqs = stack.aws.client("sqs")
    sqs.send_message(QueueUrl=stack.outputs["UploadQueueUrl"], MessageBody=letter["Body"])
    sqs.delete_message(QueueUrl=stack.outputs["UploadDeadLetterQueueUrl"], ReceiptHandle=letter["ReceiptHandle"])

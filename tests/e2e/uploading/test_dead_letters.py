"""An outage that outlasts every attempt: the message ends in the dead-letter queue, and a redrive brings it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.processes import wait_for
from local.stack import LocalStack
from tests.e2e.conftest import CSV, given_up_at_once, take_dead_letter
from tests.listener import Listener


@pytest.fixture
def one_receive(stack: LocalStack) -> Iterator[None]:
    """Have every message given up after its first receive."""
    with given_up_at_once(stack):
        yield


@pytest.mark.usefixtures("one_receive")
def test_redriven_message_succeeds(
    stack: LocalStack, model: str, wait_for_job: Callable[..., dict[str, Any]], listener: Listener
) -> None:
    """What ended in the dead-letter queue is reported to people, and neither lost nor damaged."""
    uri = stack.land(f"{model}/data.csv", CSV)  # there is no secret
    given_up = wait_for_job(uri, "RETRYING")
    assert (given_up["error_code"], "given_up_at" in given_up) == ("API_KEY_UNAVAILABLE", True)
    (notification,) = wait_for("the notification", lambda: listener.notifications_of(uri))
    assert notification["Subject"] == f"Prediction One retrain: given up: {model}"
    letter = wait_for("the dead letter", lambda: take_dead_letter(stack, model), timeout_seconds=90)
    stack.add_model(model)

    redrive(stack, letter)
    job = wait_for_job(uri, "TRAINING")

    assert (job["attempts"], "given_up_at" in job) == (2, False)
    redriven = [("UPLOADING", "RETRYING"), ("RETRYING", "UPLOADING"), ("UPLOADING", "TRAINING")]
    wait_for("the last step", lambda: listener.steps_of(uri)[1:] == redriven)
    assert len(stack.prediction_one.find_uploads(model=model)) == 1


def redrive(stack: LocalStack, letter: dict[str, Any]) -> None:
    """Move a message as SQS's StartMessageMoveTask does, which MiniStack does not know."""
    sqs = stack.aws.client("sqs")
    sqs.send_message(QueueUrl=stack.outputs["UploadQueueUrl"], MessageBody=letter["Body"])
    sqs.delete_message(QueueUrl=stack.outputs["UploadDeadLetterQueueUrl"], ReceiptHandle=letter["ReceiptHandle"])

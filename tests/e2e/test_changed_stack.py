"""What an update or a deletion of the stack leaves behind: waiting messages and the ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.processes import wait_for
from local.stack import REPOSITORY, STACK_NAME, LocalStack
from tests.e2e.conftest import CSV, repeat_event

KEPT = ("JobsTable", "ModelsTable", "ResultsBucket", "LandingBucket")


@pytest.fixture(scope="module")
def stack(start: Callable[..., LocalStack]) -> Iterator[LocalStack]:
    """Give a stack of its own, whose parameters change."""
    with start(LandingPrefix="old/", SettleMinutes="10") as running:
        yield running


def pause_uploads(stack: LocalStack, *, pause: bool) -> None:
    """Have messages wait, or be taken again."""
    functions, name = stack.aws.client("lambda"), stack.outputs["UploadFunctionName"]
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=not pause)


def take_message(stack: LocalStack, queue: str, text: str) -> str | None:
    """Take the message with a text out of a queue, by the name of its output, and return its body."""
    sqs, url = stack.aws.client("sqs"), stack.outputs[queue]
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", []):
        if text in message["Body"]:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return str(message["Body"])
    return None


def move_message(stack: LocalStack, source: str, target: str, text: str) -> None:
    """Move the message with a text from one queue to another, as a dead letter or a redrive."""
    body = wait_for("the message", lambda: take_message(stack, source, text))
    stack.aws.client("sqs").send_message(QueueUrl=stack.outputs[target], MessageBody=body)


def delete(stack: LocalStack) -> None:
    """Delete the stack."""
    cloudformation = stack.aws.client("cloudformation")
    cloudformation.delete_stack(StackName=STACK_NAME)

    def is_gone() -> bool:
        try:
            return bool(
                cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
            )
        except ClientError:
            return True

    wait_for("the stack to be gone", is_gone)


def import_kept(stack: LocalStack, folder: Path, names: dict[str, str]) -> None:
    """Make a stack of the tables and buckets that the deleted one has left, with docs/operations.md's commands."""
    command = [sys.executable, "-m", "local.kept_resources", *(f"{name}={kept}" for name, kept in names.items())]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    subprocess.run(command, cwd=folder, env=environment, check=True)  # noqa: S603 - the operator's command
    cloudformation, change_set = stack.aws.client("cloudformation"), {"StackName": STACK_NAME, "ChangeSetName": "keep"}
    cloudformation.create_change_set(
        **change_set,
        ChangeSetType="IMPORT",
        TemplateBody=(folder / "kept.json").read_text(),
        ResourcesToImport=json.loads((folder / "resources.json").read_text()),
    )
    cloudformation.get_waiter("change_set_create_complete").wait(**change_set, WaiterConfig={"Delay": 1})
    cloudformation.execute_change_set(**change_set)
    cloudformation.get_waiter("stack_import_complete").wait(StackName=STACK_NAME, WaiterConfig={"Delay": 1})


def test_ledger_survives_the_stack(
    stack: LocalStack, model: str, wait_for_job: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """Deleted by mistake and made again, with the same tables and buckets: a repeated event trains nothing twice."""
    stack.add_model(model)
    job = wait_for_job(stack.land(f"old/{model}/a.csv", CSV), "TRAINING")
    kept = {
        name: stack.outputs[f"{name}Name"] for name in ("JobsTable", "ModelsTable", "ResultsBucket", "LandingBucket")
    }

    delete(stack)
    import_kept(stack, tmp_path, kept)
    stack.deploy()
    repeat_event(stack, job, CSV)
    later = wait_for_job(stack.land(f"old/{model}/b.csv", CSV), "TRAINING")

    assert {name: stack.outputs[f"{name}Name"] for name in kept} == kept
    sent = [upload.retrain_job_id for upload in stack.prediction_one.find_uploads(model=model)]
    assert sent == [job["retrain_job_id"], later["retrain_job_id"]]


@pytest.mark.parametrize(
    ("prefix", "change", "outcome"),
    [
        ("old/", {"LandingPrefix": "new/"}, ("REJECTED", "OUTSIDE_LANDING_PREFIX")),
        ("new/", {"LandingBucketName": "another-bucket"}, ("RETRYING", "OBJECT_UNREADABLE")),
    ],
    ids=["prefix", "bucket"],
)
def test_messages_that_waited_during_a_change_are_recorded(  # noqa: PLR0913, PLR0917 - three of them are the case
    stack: LocalStack,
    model: str,
    wait_for_job: Callable[..., dict[str, Any]],
    prefix: str,
    change: dict[str, str],
    outcome: tuple[str, str],
) -> None:
    """In the upload queue and, once redriven, from the dead-letter queue: none is dropped."""
    stack.add_model(model)
    pause_uploads(stack, pause=True)
    uris = [stack.land(f"{prefix}{model}/{name}.csv", CSV) for name in ("waiting", "dead")]
    move_message(stack, "UploadQueueUrl", "UploadDeadLetterQueueUrl", f"{model}/dead")

    stack.change_parameters(**change)
    move_message(stack, "UploadDeadLetterQueueUrl", "UploadQueueUrl", f"{model}/dead")
    pause_uploads(stack, pause=False)

    jobs = [wait_for_job(uri, outcome[0]) for uri in uris]
    assert [job["error_code"] for job in jobs] == [outcome[1]] * len(uris)
    assert stack.prediction_one.find_uploads(model=model) == []

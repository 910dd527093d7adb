"""Least privilege: without any one action of the upload function's policy, a file does not get through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from local.processes import wait_for
from local.stack import LocalStack
from tests.e2e.conftest import CSV, send_to_upload_queue
from tests.e2e.policies import UNCHECKED_ACTIONS, allowed_actions, without_action

WaitForJob = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("action", "error_code"),
    [("s3:GetObject", "OBJECT_UNREADABLE"), ("secretsmanager:GetSecretValue", "API_KEY_UNAVAILABLE")],
)
def test_upload_needs_the_action(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, action: str, error_code: str
) -> None:
    """Without the action, the item says what was refused."""
    stack.add_model(model)

    with without_action(stack, "upload", action):
        job = wait_for_job(stack.land(f"{model}/data.csv", CSV), "RETRYING")

    assert job["error_code"] == error_code
    assert "AccessDenied" in job["error_message"]


@pytest.mark.usefixtures("by_hand")
def test_version_needs_an_action_of_its_own(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, sample_event: Callable[[str], dict[str, Any]]
) -> None:
    """An event that names a version, as EventBridge's do on AWS, takes s3:GetObjectVersion."""
    stack.add_model(model)
    bucket, key = stack.outputs["LandingBucketName"], f"{model}/data.csv"
    landed = stack.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=CSV)
    event = sample_event("upload_eventbridge")
    event["detail"]["bucket"]["name"] = bucket
    event["detail"]["object"] |= {"key": key, "size": len(CSV), "version-id": landed["VersionId"]}

    with without_action(stack, "upload", "s3:GetObjectVersion"):
        send_to_upload_queue(stack, event)
        job = wait_for_job(f"s3://{bucket}/{key}", "RETRYING")

    assert job["error_code"] == "OBJECT_UNREADABLE"


@pytest.mark.parametrize(
    ("action", "log_text"),
    [
        ("s3:ListBucket", "AccessDenied) when calling the ListObjectsV2"),
        ("dynamodb:Query", "JobsTable.* could not be read (AccessDenied"),
        ("dynamodb:DeleteItem", "JobsTable.* did not remove an item (AccessDenied"),
    ],
)
def test_pair_needs_the_action(stack: LocalStack, model: str, action: str, log_text: str) -> None:
    """Without the action, the halves of a pair don't find together, or their own items can't go; the log says so."""
    stack.add_model(model)
    stack.land(f"{model}/d/train_src/a.csv", CSV)
    wait_for("the first half", lambda: stack.jobs(f"s3://{stack.outputs['LandingBucketName']}/{model}/d/"))

    with without_action(stack, "upload", action):
        stack.land(f"{model}/d/eval_src/b.csv", CSV)
        wait_for("the refusal in the log", lambda: log_text in "".join(stack.log_lines()))


@pytest.mark.parametrize(
    ("action", "log_text"),
    [("dynamodb:UpdateItem", "TABLE_UNAVAILABLE"), ("sqs:ChangeMessageVisibility", "can't be put off")],
)
def test_failure_needs_the_action(stack: LocalStack, model: str, action: str, log_text: str) -> None:
    """Without the action, a failed attempt can't be recorded or put off; the log says so."""
    with without_action(stack, "upload", action):
        stack.land(f"{model}/data.csv", CSV)  # the model has no secret, so the attempt fails
        wait_for("the refusal in the log", lambda: log_text in "".join(stack.log_lines()))


def test_every_action_is_tried_here(stack: LocalStack) -> None:
    """An action that nobody misses has no place in the policy."""
    of_objects = {"s3:GetObject", "s3:GetObjectVersion"}
    of_pairs = {"s3:ListBucket", "dynamodb:Query", "dynamodb:DeleteItem"}
    of_all = {"secretsmanager:GetSecretValue", "dynamodb:UpdateItem", "sqs:ChangeMessageVisibility"}
    tried = of_objects | of_pairs | of_all

    assert allowed_actions(stack, "upload") == tried | UNCHECKED_ACTIONS["upload"]

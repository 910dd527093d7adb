"""Least privilege: without any one action of their policies, the track function and the switch function can't work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.prediction_one.values import Fault
from local.stack import LocalStack
from tests.e2e.policies import UNCHECKED_ACTIONS, allowed_actions, policy_of, without_action
from tests.e2e.tracking.tracking import begin, finish, invoke, item, make_due, schedule_paused, switch

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def _by_hand(stack: LocalStack) -> Iterator[None]:
    with schedule_paused(stack):
        yield


@pytest.mark.parametrize(
    ("action", "error_code"),
    [("s3:PutObject", "RESULTS_NOT_STORED"), ("secretsmanager:GetSecretValue", "API_KEY_UNAVAILABLE")],
)
def test_track_needs_the_action(stack: LocalStack, model: str, action: str, error_code: str) -> None:
    """Without the action, the item says what was refused."""
    stack.add_model(model)
    job = begin(stack, model)
    finish(stack, job)
    make_due(stack, job)

    with without_action(stack, "track", action):
        invoke(stack, "Track")

    assert (item(stack, job)["status"], item(stack, job)["error_code"]) == ("TRAINING", error_code)
    assert "AccessDenied" in item(stack, job)["error_message"]


def test_track_needs_to_find_jobs(stack: LocalStack) -> None:
    """Without the query, the run fails and says so."""
    with without_action(stack, "track", "dynamodb:Query"):
        answer = invoke(stack, "Track")

    assert "jobs table could not be read (AccessDenied" in answer["errorMessage"]


def test_track_needs_to_write_jobs(stack: LocalStack, model: str) -> None:
    """Without it no job is taken, so the service is not even asked."""
    stack.add_model(model)
    job = begin(stack, model)
    make_due(stack, job)

    with without_action(stack, "track", "dynamodb:UpdateItem"):
        invoke(stack, "Track")

    asked = [request.retrain_job_id for request in stack.prediction_one.find_requests("status")]
    assert job["retrain_job_id"] not in asked


def test_track_needs_to_take_away_what_broke_off(stack: LocalStack, model: str) -> None:
    """Without it, the parts of a download that broke off stay in the bucket, unseen and paid for."""
    stack.add_model(model)
    job = begin(stack, model)
    finish(stack, job)
    stack.prediction_one.change_settings(results_padding_bytes=20 * MIB)
    stack.prediction_one.add_fault(Fault("download", "drop", at="mid_body", after_bytes=18 * MIB, model=model, times=2))
    bucket, left = stack.outputs["ResultsBucketName"], []

    for action in ("s3:AbortMultipartUpload", "none:None"):
        make_due(stack, job)
        with without_action(stack, "track", action):
            invoke(stack, "Track")
        uploads = stack.aws.client("s3").list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        left.append(len(uploads))
        for upload in uploads:
            stack.aws.client("s3").abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    stack.prediction_one.change_settings(results_padding_bytes=0)

    assert left == [1, 0]


@pytest.mark.parametrize(
    ("action", "refusal"),
    [
        ("dynamodb:Query", "could not be read"),
        ("dynamodb:GetItem", "could not be read"),
        ("dynamodb:UpdateItem", "did not take a write"),
        ("secretsmanager:GetSecretValue", "did not give out the secret"),
    ],
)
def test_switch_needs_the_action(stack: LocalStack, model: str, action: str, refusal: str) -> None:
    """Without the action, the answer says what was refused; with it, the same call succeeds."""
    stack.add_model(model)
    job = begin(stack, model)
    finish(stack, job)
    make_due(stack, job)
    invoke(stack, "Track")

    with without_action(stack, "switch", action):
        refused = switch(stack, job)

    assert refusal in refused["errorMessage"]
    assert "AccessDenied" in refused["errorMessage"]
    assert switch(stack, job)["status"] == "SWITCHED"


@pytest.mark.parametrize("function", ["track", "switch"])
def test_account_secret_key_is_out_of_reach(stack: LocalStack, function: str) -> None:
    """Whatever a job says its model is: a model whose name begins with an underscore is the account's."""
    denied = [part for part in policy_of(stack, function)["Statement"] if part["Effect"] == "Deny"]

    assert [part["Action"] for part in denied] == ["secretsmanager:GetSecretValue"]
    assert denied[0]["Resource"].endswith(":secret:prediction-one/_*")


def test_every_action_is_tried_here(stack: LocalStack) -> None:
    """An action that nobody misses has no place in the policies."""
    both = {"dynamodb:Query", "dynamodb:UpdateItem", "secretsmanager:GetSecretValue"}

    track = allowed_actions(stack, "track") - UNCHECKED_ACTIONS["track"]
    switch_actions = allowed_actions(stack, "switch") - UNCHECKED_ACTIONS["switch"]

    assert track == both | {"s3:PutObject", "s3:AbortMultipartUpload"}
    assert switch_actions == both | {"dynamodb:GetItem"}

"""A model's API key is renewed on the deployed function, in Secrets Manager's four steps, with IAM enforced."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.processes import wait_for
from local.rotation import (
    ACCOUNT,
    STEPS,
    check_configuration,
    invoke,
    rotate,
    rotation_event,
    rotation_function,
    secret_of,
    stage,
    store_account,
    turn_rotation_on,
)
from local.stack import LocalStack
from tests.e2e.conftest import CSV
from tests.e2e.keys.rotating import rotating_secret

WaitForJob = Callable[..., dict[str, Any]]

FILES = 50


@pytest.fixture(scope="module", autouse=True)
def _account(stack: LocalStack) -> Iterator[None]:
    """Store the account's Secret Key, and have the function call a strict Secrets Manager."""
    store_account(stack)
    with rotation_function(stack):
        yield


def test_first_rotation_issues_the_first_key(stack: LocalStack, model: str, wait_for_job: WaitForJob) -> None:
    """A secret that names but its model_id gets a key, and files go through with it."""
    first = stack.prediction_one.issue_key(model)  # so that the service knows the model; it is stored nowhere
    stack.prediction_one.revoke_key(first)
    secret = rotating_secret(stack, model, model_id=model)

    steps = rotate(stack, secret.name)
    wait_for_job(stack.land(f"{model}/data.csv", CSV), "TRAINING")

    assert [(taken.step, taken.failure) for taken in steps] == [(step, None) for step in STEPS]
    assert secret.issued == [first, secret.value()["api_key"]]


@pytest.mark.parametrize("with_value", [True, False], ids=["with a value", "without"])
def test_rotation_that_begins_later_passes_its_test(stack: LocalStack, model: str, *, with_value: bool) -> None:
    """With RotateImmediately=false: before the first key, and with one; the rotations themselves then go through."""
    stack.prediction_one.revoke_key(stack.prediction_one.issue_key(model))
    secret = rotating_secret(stack, model, model_id=model)

    checked_without_a_key = check_configuration(stack, secret.name, with_value=with_value)
    first = rotate(stack, secret.name)
    checked_with_a_key = check_configuration(stack, secret.name, with_value=with_value)
    second = rotate(stack, secret.name)

    assert (checked_without_a_key.failure, checked_with_a_key.failure) == (None, None)
    assert (first[-1].failure, second[-1].failure, len(secret.issued)) == (None, None, 3)


@pytest.mark.usefixtures("old_key")
def test_rotation_changes_the_key_alone(stack: LocalStack, model: str) -> None:
    """One key is issued; the secret's other fields survive, and its end_date is stored as it came."""
    old = stack.prediction_one.issue_key(model)
    kept = {"model_id": model, "note": "ペンギン", "more": {"a": [1, None]}}
    secret = rotating_secret(stack, model, api_key=old, end_date="soon", **kept)

    rotate(stack, secret.name)

    value = secret.value()
    assert secret.issued == [old, value["api_key"]]
    assert {name: value[name] for name in kept} == kept
    assert value["end_date"].endswith("Z")
    assert (secret.value("AWSPREVIOUS")["api_key"], secret.version("AWSPENDING")) == (old, None)


def test_wrong_secret_key_leaves_the_live_key_alone(stack: LocalStack, model: str) -> None:
    """The reason names the Secret Key; after it is fixed, the same rotation succeeds."""
    old = stack.prediction_one.issue_key(model)
    secret = rotating_secret(stack, model, api_key=old, model_id=model)
    current, token = secret.version("AWSCURRENT"), stage(stack.aws, secret.name)

    store_account(stack, "wrong-5ec4e7")
    failed = rotate(stack, secret.name, token, attempts=2)
    untouched = (secret.version("AWSCURRENT"), secret.value()["api_key"], secret.issued)
    store_account(stack)
    fixed = rotate(stack, secret.name, token)

    reason = str(failed[-1].failure)
    assert [taken.step for taken in failed] == ["createSecret", "createSecret"]
    assert f"about the Secret Key in {ACCOUNT}, not about the API key in {secret.name}, which is unchanged" in reason
    assert "wrong-5ec4e7" not in reason
    assert "wrong-5ec4e7" not in "".join(stack.log_lines())
    assert untouched == (current, old, [old])
    assert (fixed[-1].failure, len(secret.issued)) == (None, 2)


def test_files_go_through_while_the_key_rotates(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, old_key: str
) -> None:
    """Warm functions are in the middle of many files: each is uploaded once, and none is given up."""
    stack.add_model(model)
    store_account(stack)
    turn_rotation_on(stack.aws, secret_of(model), stack.outputs["RotateFunctionName"])
    landing = threading.Thread(target=lambda: [stack.land(f"{model}/{n}.csv", CSV) for n in range(FILES)])

    landing.start()
    wait_for("the first upload", lambda: stack.prediction_one.find_uploads(model=model))
    rotation = rotate(stack, secret_of(model))
    landing.join()
    bucket = stack.outputs["LandingBucketName"]
    for number in range(FILES):
        wait_for_job(f"s3://{bucket}/{model}/{number}.csv", "TRAINING", timeout_seconds=180)

    uploads = stack.prediction_one.find_uploads(model=model)
    assert rotation[-1].failure is None
    assert sorted(upload.filename for upload in uploads) == sorted(f"{number}.csv" for number in range(FILES))
    asked = [one for one in stack.prediction_one.requests if one.model == model or one.operation == "api_key"]
    issued_at = max(one.received_at for one in asked if one.operation == "api_key")
    assert {one.received_at > issued_at for one in asked if one.operation == "upload_url"} == {False, True}
    refusals = [line for line in stack.log_lines() if model in line and "reading the secret again" in line]
    assert bool(refusals) == (old_key == "revoked at once")


def test_account_secret_is_not_rotated(stack: LocalStack) -> None:
    """It contains no model's key, whoever turned its rotation on."""
    turn_rotation_on(stack.aws, ACCOUNT, stack.outputs["RotateFunctionName"])
    token = stage(stack.aws, ACCOUNT)

    failures = [invoke(stack, rotation_event(stack.aws, ACCOUNT, token, step)) for step in STEPS]

    assert all(f"{ACCOUNT} is not the secret of a model" in str(failure) for failure in failures)


def test_secrets_manager_alone_may_invoke_the_function(stack: LocalStack) -> None:
    """No other service, and only on behalf of this account."""
    functions = stack.aws.client("lambda")

    policy = json.loads(functions.get_policy(FunctionName=stack.outputs["RotateFunctionName"])["Policy"])

    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": "secretsmanager.amazonaws.com"}
    assert statement["Action"] == "lambda:InvokeFunction"
    assert "000000000000" in json.dumps(statement["Condition"])

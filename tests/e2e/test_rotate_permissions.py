"""Least privilege: without any one action of the rotate function's policy, a rotation does not get through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.rotation import ACCOUNT, rotate, rotation_function, store_account
from local.stack import LocalStack
from tests.e2e.keys.rotating import rotating_secret
from tests.e2e.policies import UNCHECKED_ACTIONS, allowed_actions, is_allowed, without_action

NEEDED_BY = {
    "secretsmanager:DescribeSecret": "createSecret",
    "secretsmanager:GetSecretValue": "createSecret",
    "secretsmanager:PutSecretValue": "createSecret",
    "secretsmanager:UpdateSecretVersionStage": "finishSecret",
}


@pytest.fixture(scope="module", autouse=True)
def _account(stack: LocalStack) -> Iterator[None]:
    """Store the account's Secret Key, and have the function call a strict Secrets Manager."""
    store_account(stack)
    with rotation_function(stack):
        yield


@pytest.mark.parametrize("action", NEEDED_BY)
def test_rotation_needs_the_action(stack: LocalStack, model: str, action: str) -> None:
    """Without it, its step fails, says that a policy forbids it, and the live key stays."""
    old = stack.prediction_one.issue_key(model)
    secret = rotating_secret(stack, model, api_key=old, model_id=model)

    with without_action(stack, "rotate", action):
        last = rotate(stack, secret.name, attempts=1)[-1]

    assert last.step == NEEDED_BY[action]
    assert "AccessDenied" in str(last.failure)
    assert "Does a policy forbid it?" in str(last.failure)
    assert secret.value()["api_key"] == old


def test_every_action_is_tried_here(stack: LocalStack) -> None:
    """An action that nobody misses has no place in the policy; a VPC's are not deployed here."""
    assert allowed_actions(stack, "rotate") - UNCHECKED_ACTIONS["rotate"] == set(NEEDED_BY)


@pytest.mark.parametrize("action", NEEDED_BY)
@pytest.mark.parametrize("name", ["prediction-one/penguins", ACCOUNT, "prediction-one-else/penguins", "penguins"])
def test_only_secrets_of_models_are_changed(stack: LocalStack, action: str, name: str) -> None:
    """The account's secret is read and described, what is outside the prefix not even that."""
    arn = f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{name}-a1B2c3"
    changes = {"secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"}

    expected = name == "prediction-one/penguins" or (name == ACCOUNT and action not in changes)
    assert is_allowed(stack, "rotate", action, arn) == expected

"""Secrets Manager's part of a rotation, which MiniStack leaves out: for the tests and the demo.

MiniStack's RotateSecret promotes a copy of the current value at once, and calls no function. Here, instead:

- `rotate` stages a version without a value, and has the function take the four steps, in order, from the beginning
  when one fails, and gives up after some attempts, as *Rotation by Lambda function* says
  (https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html; how often it tries again is
  documented nowhere). The order of events on AWS itself is on record in https://github.com/getmoto/moto/pull/8504.
- `check_configuration` has it take testSecret alone, on a version that is removed afterwards, as RotateSecret does with
  RotateImmediately=false.
- `strict_secrets.py` stands between the function and MiniStack, and answers what the latter is too lax about.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.environments import environment_with
from local.ministack import MiniStack
from local.stack import REPOSITORY, SECRET_KEY, LocalStack
from local.strict_secrets import StrictSecrets

PREFIX = "prediction-one"
ACCOUNT = f"{PREFIX}/_account"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
ATTEMPTS = 5
ROTATION_DAYS = 14


@dataclass(frozen=True)
class TakenStep:
    """A step, and why it failed: None if it did not."""

    step: str
    failure: str | None


@contextmanager
def rotation_function(stack: LocalStack) -> Iterator[None]:
    """Have the deployed rotate function call a strict Secrets Manager meanwhile."""
    with (
        StrictSecrets(stack.aws) as strict,
        environment_with(stack, "rotate", AWS_ENDPOINT_URL_SECRETS_MANAGER=strict.url),
    ):
        yield


def secret_of(model: str) -> str:
    """Return the name of a model's secret."""
    return f"{PREFIX}/{model}"


def store_account(stack: LocalStack, secret_key: str = SECRET_KEY) -> None:
    """Store the account's Secret Key."""
    secrets = stack.aws.client("secretsmanager")
    text = json.dumps({"secret_key": secret_key})
    try:
        secrets.create_secret(Name=ACCOUNT, SecretString=text)
    except secrets.exceptions.ResourceExistsException:
        secrets.put_secret_value(SecretId=ACCOUNT, SecretString=text)


def turn_rotation_on(aws: MiniStack, secret_name: str, function_name: str) -> None:
    """Turn a secret's rotation on, without beginning one: MiniStack then calls the current value a new version."""
    aws.client("secretsmanager").rotate_secret(
        SecretId=secret_name,
        RotationLambdaARN=aws.client("lambda").get_function(FunctionName=function_name)["Configuration"]["FunctionArn"],
        RotationRules={"AutomaticallyAfterDays": ROTATION_DAYS},
    )


def stage(aws: MiniStack, secret_name: str, value: str | None = None) -> str:
    """Stage a version, as Secrets Manager does before the first step: without a value. Return its id."""
    token = str(uuid.uuid4())
    text = {} if value is None else {"SecretString": value}
    aws.client("secretsmanager").put_secret_value(
        SecretId=secret_name, ClientRequestToken=token, VersionStages=["AWSPENDING"], **text
    )
    return token


@contextmanager
def staged_to_be_tested(aws: MiniStack, secret_name: str, *, with_value: bool) -> Iterator[str]:
    """Stage a version meanwhile, as RotateSecret with RotateImmediately=false does, and yield its id.

    Parameters
    ----------
    with_value
        Whether it has a copy of the current value, or none. AWS documents neither; moto makes a copy
        (https://github.com/getmoto/moto/pull/8547).
    """
    secrets = aws.client("secretsmanager")
    value = secrets.get_secret_value(SecretId=secret_name)["SecretString"] if with_value else None
    token = stage(aws, secret_name, value)
    try:
        yield token
    finally:
        secrets.update_secret_version_stage(SecretId=secret_name, VersionStage="AWSPENDING", RemoveFromVersionId=token)


def rotation_event(aws: MiniStack, secret_name: str, token: str, step: str) -> dict[str, str]:
    """Return what Secrets Manager sends for a step; the format is on the page *Rotation by Lambda function*."""
    sample: dict[str, str] = json.loads((REPOSITORY / "events" / "rotate_create_secret.json").read_text())
    arn = aws.client("secretsmanager").describe_secret(SecretId=secret_name)["ARN"]
    return {**sample, "Step": step, "SecretId": arn, "ClientRequestToken": token}


def invoke(stack: LocalStack, event: dict[str, Any]) -> str | None:
    """Have the deployed rotate function take a step, and return why it failed, None if it did not."""
    try:
        stack.invoke("Rotate", event)
    except RuntimeError as error:
        return str(error)
    return None


def rotate(stack: LocalStack, secret_name: str, token: str | None = None, attempts: int = ATTEMPTS) -> list[TakenStep]:
    """Rotate a secret within `rotation_function`, and return the steps in their order: the last one says how it ended.

    Parameters
    ----------
    token
        A version that was staged before; else one is staged.
    attempts
        After how many failures to give up.
    """
    token = token or stage(stack.aws, secret_name)
    taken: list[TakenStep] = []
    for _ in range(attempts):
        for step in STEPS:
            taken.append(TakenStep(step, invoke(stack, rotation_event(stack.aws, secret_name, token, step))))
            if taken[-1].failure is not None:
                break
        else:
            break
    return taken


def check_configuration(stack: LocalStack, secret_name: str, *, with_value: bool) -> TakenStep:
    """Have the function test a rotation that does not begin yet, within `rotation_function`.

    Parameters
    ----------
    with_value
        As `staged_to_be_tested`'s.
    """
    with staged_to_be_tested(stack.aws, secret_name, with_value=with_value) as token:
        return TakenStep("testSecret", invoke(stack, rotation_event(stack.aws, secret_name, token, "testSecret")))

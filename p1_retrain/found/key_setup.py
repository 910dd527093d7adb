"""Sets a model up: its secret, which holds the model's id, and the rotation that issues its first API key."""

from __future__ import annotations

import json
from dataclasses import dataclass

from p1_retrain.errors import CommandFailed
from p1_retrain.patience import undivided
from p1_retrain.stack import Stack
from retrain.keys.model_secret import model_of
from retrain.landing.place_checks import MODEL_NAME

ROTATION_DAYS = 14
"""A key of 30 days then always has at least 16 left."""


@dataclass(frozen=True)
class SetUp:
    """What was done for a model.

    Attributes
    ----------
    created
        Whether the secret is new; it may have been there from an interrupted command.
    rotation
        `on`: the first key comes within minutes.
    """

    model: str
    secret_name: str
    created: bool
    rotation: str


def set_up(stack: Stack, model: str, model_id: str) -> SetUp:
    """Create a model's secret, under the stack's KMS key if it has one, and turn on its rotation. Safe to repeat.

    Raises
    ------
    CommandFailed
        The name cannot be a model's.
    BotoCoreError, ClientError
        Secrets Manager refused or did not answer.
    """
    if not MODEL_NAME.fullmatch(model):
        raise CommandFailed(f"{model!r} cannot be a model's name: use only A-Z a-z 0-9 + = . @ - _, and no _ in front.")
    name, secrets = f"{stack.secret_prefix}/{model}", stack.client("secretsmanager")
    key = {"KmsKeyId": stack.kms_key_arn} if stack.kms_key_arn else {}
    created = True
    with undivided():
        try:
            secrets.create_secret(Name=name, SecretString=json.dumps({"model_id": model_id}), **key)
        except secrets.exceptions.ResourceExistsException:
            created = False
        turn_rotation_on(stack, name)
    return SetUp(model, name, created, "on")


def turn_rotation_on(stack: Stack, secret_name: str) -> None:
    """Have Secrets Manager renew a model's key now, and every 14 days.

    Raises
    ------
    BotoCoreError, ClientError
        Secrets Manager refused or did not answer.
    """
    stack.client("secretsmanager").rotate_secret(
        SecretId=secret_name,
        RotationLambdaARN=stack.output("RotateFunctionArn"),
        RotationRules={"AutomaticallyAfterDays": ROTATION_DAYS},
    )


def account_is_ready(stack: Stack) -> bool:
    """Return whether the account's secret, with the Secret Key that issues API keys, is there; its value is not read.

    Raises
    ------
    BotoCoreError, ClientError
        Secrets Manager refused or did not answer.
    """
    return _is_there(stack, f"{stack.secret_prefix}/_account")


def exists(stack: Stack, model: str) -> bool:
    """Return whether a model has a secret.

    Raises
    ------
    BotoCoreError, ClientError
        Secrets Manager refused or did not answer.
    """
    name = f"{stack.secret_prefix}/{model}"
    return model_of(name, stack.secret_prefix) is not None and _is_there(stack, name)


def _is_there(stack: Stack, secret_name: str) -> bool:
    """Return whether a secret is there. The filter finds every name that begins so."""
    filters = [{"Key": "name", "Values": [secret_name]}]
    pages = stack.client("secretsmanager").get_paginator("list_secrets").paginate(Filters=filters)
    return any(secret["Name"] == secret_name for page in pages for secret in page["SecretList"])

"""A model's secret is created under the stack's KMS key."""

from __future__ import annotations

import pytest

from p1_retrain.found.key_setup import set_up
from tests.unit.command_line.fakes import Client, stack_with

KEY = "arn:aws:kms:us-east-1:111122223333:key/own"


@pytest.mark.parametrize(
    ("parameters", "named"),
    [({}, {}), ({"KmsKeyArn": ""}, {}), ({"KmsKeyArn": KEY}, {"KmsKeyId": KEY})],
    ids=["older stack", "no key", "key"],
)
def test_secret_has_the_stacks_key(parameters: dict[str, str], named: dict[str, str]) -> None:
    """Without one, Secrets Manager's own: no key is named."""
    secrets = Client(create_secret={}, rotate_secret={})

    set_up(stack_with(parameters, secretsmanager=secrets), "penguins", "1001")

    (_, created), *_ = secrets.asked
    assert created == {"Name": "prediction-one/penguins", "SecretString": '{"model_id": "1001"}', **named}

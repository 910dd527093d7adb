"""The rotate function's process is killed around every call of every step, and the rotation is run again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local.environments import environment_with
from local.rotation import STEPS, rotate, stage, store_account
from local.stack import LocalStack
from local.strict_secrets import StrictSecrets
from retrain.keys.rotation import UNKNOWN_JOB_ID
from retrain.prediction_one.api import PredictionOne
from tests.e2e.keys.rotating import rotating_secret
from tests.e2e.tripwires import Call, Moment, Tripwire, TripwireProxy

CRASHES: dict[str, tuple[str, Call, int, Moment, int]] = {
    "before-issue": ("createSecret", "api_key", 1, "before", 0),
    "after-issue": ("createSecret", "api_key", 1, "after", 1),
    "before-put": ("createSecret", "PutSecretValue", 1, "before", 1),
    "after-put": ("createSecret", "PutSecretValue", 1, "after", 0),
    "in-set": ("setSecret", "DescribeSecret", 2, "after", 0),
    "before-proof": ("testSecret", "status", 1, "before", 0),
    "after-proof": ("testSecret", "status", 1, "after", 0),
    "before-promotion": ("finishSecret", "UpdateSecretVersionStage", 1, "before", 0),
    "after-promotion": ("finishSecret", "UpdateSecretVersionStage", 1, "after", 0),
    "after-the-end": ("finishSecret", "UpdateSecretVersionStage", 2, "after", 0),
}
"""The step, its call, which of them and when; and how many keys are lost: those that were issued and not yet stored."""


@dataclass(frozen=True)
class Proxies:
    """What the function calls through."""

    aws: TripwireProxy
    service: TripwireProxy


@pytest.fixture(scope="module")
def proxies(stack: LocalStack) -> Iterator[Proxies]:
    """Have the rotate function call a strict Secrets Manager and the service, which revokes old keys, by tripwires."""
    store_account(stack)
    stack.prediction_one.change_settings(revoke_old_keys=True)
    with (
        StrictSecrets(stack.aws) as strict,
        TripwireProxy(strict.url) as aws,
        TripwireProxy(stack.prediction_one.base_url) as service,
        environment_with(stack, "rotate", AWS_ENDPOINT_URL_SECRETS_MANAGER=aws.url, PREDICTION_ONE_API_URL=service.url),
    ):
        yield Proxies(aws, service)
    stack.prediction_one.change_settings(revoke_old_keys=False)


@pytest.mark.parametrize("name", CRASHES)
def test_killed_rotation_is_completed(stack: LocalStack, proxies: Proxies, model: str, name: str) -> None:
    """The end state is right, and at most one key was issued in vain: one whose answer died with the process."""
    step, call, nth, moment, lost_keys = CRASHES[name]
    old = stack.prediction_one.issue_key(model)
    secret = rotating_secret(stack, model, api_key=old, model_id=model, note="kept")
    token = stage(stack.aws, secret.name)
    tripwire = Tripwire(UNKNOWN_JOB_ID if call == "status" else model, call, nth, moment)
    proxy = proxies.service if call in ("api_key", "status") else proxies.aws
    proxy.set(tripwire)

    steps = rotate(stack, secret.name, token)

    assert proxy.sprung[-1] == tripwire
    assert [taken.step for taken in steps if taken.failure] == [step]
    assert [taken.step for taken in steps[-4:]] == list(STEPS)
    assert len(secret.issued) == 2 + lost_keys
    value = secret.value()
    assert (value["api_key"], value["note"], secret.version("AWSCURRENT")) == (secret.issued[-1], "kept", token)
    assert PredictionOne(stack.prediction_one.base_url).request_upload_url(value["api_key"], "a.csv")

"""Secrets Manager's four steps, in order, repeated, late, and where they must not be taken."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING

import pytest

from local.prediction_one import Fault, PredictionOneStandIn
from local.rotation import STEPS, rotation_event
from retrain.errors import RetrainError, RotationRefusedError, SecretsUnavailableError
from retrain.keys.rotation import RotationRequest
from retrain.telemetry import metrics
from rotate_handler import _rotation
from tests.functional.conftest import API_KEY
from tests.functional.keys.conftest import RotatingSecret

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

pytestmark = pytest.mark.usefixtures("account", "no_key_in_output")


@pytest.mark.parametrize("repeated", [1, 3])
def test_rotation_issues_one_key(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, model: str, repeated: int
) -> None:
    """However often each step is taken, one key is issued, and it is the current one."""
    secret.take_all(repeated=repeated)

    keys = prediction_one.issued_keys(model)
    assert keys == [API_KEY, secret.value()["api_key"]]
    assert secret.labels()[secret.token] == ["AWSCURRENT"]
    assert secret.value("AWSPREVIOUS")["api_key"] == API_KEY


def test_version_without_a_key_is_never_promoted(secret: RotatingSecret) -> None:
    """Secrets Manager labels the version before it has a value; the last step refuses it until it has a key."""
    assert secret.labels()[secret.token] == ["AWSPENDING"]

    with pytest.raises(RotationRefusedError, match="createSecret comes first"):
        secret.take("finishSecret")

    assert secret.value()["api_key"] == API_KEY


@pytest.mark.parametrize("step", STEPS)
def test_late_step_changes_nothing(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, model: str, step: str
) -> None:
    """The rotation is over: its version is the current one already."""
    secret.take_all()
    before = (secret.value(), secret.labels(), prediction_one.issued_keys(model))

    secret.take(step)

    assert (secret.value(), secret.labels(), prediction_one.issued_keys(model)) == before


def test_death_between_the_two_calls_of_the_last_step_does_no_harm(secret: RotatingSecret) -> None:
    """AWSPENDING may stay with AWSCURRENT, and the next rotation starts as usual."""
    secret.take("createSecret")
    (current,) = (version for version, labels in secret.labels().items() if "AWSCURRENT" in labels)
    secret.secrets.update_secret_version_stage(
        SecretId=secret.name,
        VersionStage="AWSCURRENT",
        MoveToVersionId=secret.token,
        RemoveFromVersionId=current,
    )

    secret.take("finishSecret")

    assert set(secret.labels()[secret.token]) == {"AWSCURRENT", "AWSPENDING"}


@pytest.mark.parametrize("step", STEPS)
def test_version_with_another_label_is_refused(secret: RotatingSecret, step: str) -> None:
    """As AWS's template does: neither pending nor current."""
    secret.secrets.update_secret_version_stage(SecretId=secret.name, VersionStage="SPARE", MoveToVersionId=secret.token)
    secret.secrets.update_secret_version_stage(
        SecretId=secret.name, VersionStage="AWSPENDING", RemoveFromVersionId=secret.token
    )

    with pytest.raises(RotationRefusedError, match="is not AWSPENDING, but SPARE"):
        secret.take(step)


def test_unknown_version_is_refused(secret: RotatingSecret) -> None:
    """Nobody staged it."""
    with pytest.raises(RotationRefusedError, match="has no version"):
        secret.take("createSecret", ClientRequestToken=str(uuid.uuid4()))


def test_secret_whose_rotation_is_off_is_refused(
    secret: RotatingSecret, secrets: SecretsManagerClient, prefix: str
) -> None:
    """Its versions are nobody's to touch."""
    name = f"{prefix}/other"
    version = secrets.create_secret(Name=name, SecretString=API_KEY)["VersionId"]

    with pytest.raises(RotationRefusedError, match=f"The rotation of {name} is off"):
        secret.take("createSecret", SecretId=name, ClientRequestToken=version)


@pytest.mark.parametrize("changes", [{"Step": "dropSecret"}, {"Step": ""}, {"SecretId": ""}])
def test_other_event_is_refused(secret: RotatingSecret, changes: dict[str, str]) -> None:
    """Whoever sent it, it was not Secrets Manager."""
    with pytest.raises(RotationRefusedError, match="not an event of a rotation"):
        secret.take("createSecret", **changes)


def test_missing_secret_is_named(secret: RotatingSecret, prefix: str) -> None:
    """It may have been deleted meanwhile."""
    with pytest.raises(SecretsUnavailableError, match=f"{prefix}/gone .ResourceNotFoundException"):
        secret.take("createSecret", SecretId=f"{prefix}/gone")


def test_two_first_steps_at_once_leave_one_pending_key(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """Each may have a key issued; the one that is stored second is refused, and lost."""
    prediction_one.add_fault(Fault("api_key", "slow", delay_seconds=1, times=2))  # so that both are past their checks
    failures: list[RetrainError] = []
    rotation = _rotation()
    request = RotationRequest.from_event(rotation_event(secret.aws, secret.name, secret.token, "createSecret"))

    def take() -> None:  # below the handler: an invocation has its process, and its metrics, to itself
        try:
            rotation.take(request)
        except RetrainError as error:
            failures.append(error)

    racers = [threading.Thread(target=take) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    metrics.clear_metrics()

    assert ["ResourceExistsException" in str(failure) for failure in failures] == [True]
    assert len(prediction_one.issued_keys(model)) == 3
    assert secret.value("AWSPENDING")["api_key"] in prediction_one.issued_keys(model)

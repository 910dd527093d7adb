"""Each AWS call of the rotate and watch functions fails once, in every way: the key is renewed, people are warned."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from local.ministack import MiniStack
from local.prediction_one import PredictionOneStandIn
from local.rotation import STEPS
from retrain.errors import RetrainError
from tests.faults.injection import AwsFaults
from tests.faults.matrix import Case, cases_of
from tests.faults.situations import ALL, ROTATE, WATCH
from tests.functional.conftest import API_KEY, SECRET_PREFIX, AwsCall, Invocation
from tests.functional.keys.conftest import RotatingSecret
from tests.listener import Listener
from watch_handler import _watch, handler

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

TIMES = 5

Output = Callable[[], list[dict[str, Any]]]


@dataclass
class Scene:
    """A function, and whoever invokes it again when it fails.

    Attributes
    ----------
    raised
        What it raised.
    """

    raised: list[str] = field(default_factory=list)

    def repeat(self, invoke: Callable[[], object]) -> None:
        """Invoke it until it succeeds."""
        for _ in range(TIMES):
            try:
                invoke()
            except RetrainError as error:
                self.raised.append(f"{error.code} {error}")
            else:
                return
        raise AssertionError("it fails without end")


@pytest.fixture
def scene(aws_faults: AwsFaults) -> Scene:
    """Count all calls."""
    assert aws_faults.calls == []
    return Scene()


@pytest.fixture
def rotate(
    scene: Scene, secret: RotatingSecret, account: str, prediction_one: PredictionOneStandIn, model: str
) -> Callable[[], str]:
    """Give what rotates a secret as Secrets Manager does, from the start when a step fails; it returns the outcome."""
    assert account

    def take_all() -> None:
        for step in STEPS:
            secret.take(step)

    def rotated() -> str:
        scene.repeat(take_all)
        issued = prediction_one.issued_keys(model)
        current = {issued[-1]: "the new key is current", API_KEY: "the old key is current"}[secret.value()["api_key"]]
        pending = [
            labels for labels in secret.labels().values() if "AWSPENDING" in labels and "AWSCURRENT" not in labels
        ]
        extra = {2: [], 3: ["one more was issued"]}[len(issued)]
        return ", ".join([current, *extra, *(["a version is pending"] if pending else [])])

    return rotated


@pytest.fixture
def watch(
    scene: Scene,
    aws: MiniStack,
    secrets: SecretsManagerClient,
    model: str,
    cold_function: Callable[..., list[AwsCall]],
) -> Iterator[Callable[[], str]]:
    """Give what looks at a key that ends soon, today and tomorrow; it returns the outcome."""
    topic_arn = aws.client("sns").create_topic(Name=model)["TopicArn"]
    ends = (datetime.now(UTC) + timedelta(days=3.5)).isoformat()
    value = json.dumps({"api_key": API_KEY, "end_date": ends})
    secrets.create_secret(Name=f"{SECRET_PREFIX}-{model}/penguins", SecretString=value)
    cold_function(
        _watch, SECRET_PREFIX=f"{SECRET_PREFIX}-{model}", NOTIFICATION_TOPIC_ARN=topic_arn, STACK_NAME="stack"
    )
    context = cast("LambdaContext", Invocation(str(uuid.uuid4()), 300, function_name="watch"))

    with Listener(aws, topic_arn) as listener:

        def watched() -> str:
            for _ in range(2):
                scene.repeat(lambda: handler({}, context))
            told = zip(("event", "e-mail"), listener.warnings_of("penguins"), strict=True)
            return " and ".join(what for what, warnings in told if warnings)

        yield watched


def test_calls_of_a_rotation_are_those_of_the_matrix(rotate: Callable[[], str], aws_faults: AwsFaults) -> None:
    """Nothing fails. A call that is new needs a row, and the rows say where the faults strike."""
    assert (rotate(), aws_faults.calls) == (ROTATE[0].outcome, ROTATE[0].operations)


def test_calls_of_a_look_are_those_of_the_matrix(watch: Callable[[], str], aws_faults: AwsFaults) -> None:
    """Nothing fails. A call that is new needs a row, and the rows say where the faults strike."""
    assert (watch(), aws_faults.calls) == (WATCH[0].outcome, WATCH[0].operations)


@pytest.mark.parametrize("case", cases_of("rotate", ALL), ids=str)
def test_new_key_is_current_whichever_call_fails(  # noqa: PLR0913, PLR0917 - who tells, and who knows the keys
    rotate: Callable[[], str],
    scene: Scene,
    aws_faults: AwsFaults,
    prediction_one: PredictionOneStandIn,
    case: Case,
    stdout: Output,
) -> None:
    """Secrets Manager takes the steps again, the log says what failed, and no key is in it."""
    aws_faults.arm(case.number, case.fault)

    outcome = rotate()

    assert (outcome, aws_faults.tries > 1) == (case.outcome, case.is_repeated)
    lines = stdout()
    assert case.misreported(lines, scene.raised) == []
    assert [key for key in prediction_one.issued_keys() if key in repr((lines, scene.raised))] == []


@pytest.mark.parametrize("case", cases_of("watch", ALL), ids=str)
def test_people_and_rules_are_warned_whichever_call_fails(
    watch: Callable[[], str], scene: Scene, aws_faults: AwsFaults, case: Case, stdout: Output
) -> None:
    """Today or tomorrow, and the log says what failed."""
    aws_faults.arm(case.number, case.fault)

    outcome = watch()

    assert (outcome, aws_faults.tries > 1) == (case.outcome, case.is_repeated)
    assert case.misreported(stdout(), scene.raised) == []

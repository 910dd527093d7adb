"""Each AWS call of the upload function fails once, in every way: each file is sent once, or the table says why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from local.prediction_one import PredictionOneStandIn
from tests.faults.injection import AwsFaults
from tests.faults.matrix import Case, Situation, cases_of
from tests.faults.situations import ALL
from tests.faults.upload_situations import UPLOAD
from tests.functional.conftest import LandingBucket
from tests.functional.uploading.conftest import UploadFunction
from tests.functional.uploading.scenes import RUNS, Scene

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_secretsmanager import SecretsManagerClient

pytestmark = pytest.mark.usefixtures("pauses")


@pytest.fixture
def scene(  # noqa: PLR0913, PLR0917 - all that the function works with
    aws_faults: AwsFaults,
    upload_function: UploadFunction,
    jobs_table: Table,
    landing_bucket: LandingBucket,
    secrets: SecretsManagerClient,
    prediction_one: PredictionOneStandIn,
    model: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Scene:
    """Give the function, cold: all its calls are counted."""
    assert aws_faults.calls == []
    return Scene(upload_function, jobs_table, landing_bucket, secrets, prediction_one, model, monkeypatch)


@pytest.mark.parametrize("situation", UPLOAD, ids=str)
def test_calls_are_those_of_the_matrix(scene: Scene, aws_faults: AwsFaults, situation: Situation) -> None:
    """Nothing fails. A call that is new needs a row, and the rows say where the faults strike."""
    outcome = RUNS[situation.name](scene)

    assert (outcome, aws_faults.calls) == (situation.outcome, situation.operations)


@pytest.mark.parametrize("case", cases_of("upload", ALL), ids=str)
def test_file_is_sent_once_whichever_call_fails(
    scene: Scene, aws_faults: AwsFaults, case: Case, stdout: Callable[[], list[dict[str, Any]]]
) -> None:
    """Its message comes again until its outcome is in the table, and the log says what failed."""
    aws_faults.arm(case.number, case.fault)

    outcome = RUNS[case.situation.name](scene)

    assert (outcome, aws_faults.tries > 1) == (case.outcome, case.is_repeated)
    assert case.misreported(stdout(), scene.raised, scene.written) == []

"""Each AWS call of the reconcile function fails once, in every way: each lost file is found, and sent once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.prediction_one import PredictionOneStandIn
from retrain.errors import RetrainError
from tests.faults.injection import AwsFaults
from tests.faults.matrix import Case, Situation, cases_of
from tests.faults.situations import ALL, RECONCILE
from tests.functional.reconciling.conftest import ReconcileFunction
from tests.listener import Listener

pytestmark = pytest.mark.usefixtures("model_secret", "pauses")

TIMES = 5


@dataclass
class Scene:
    """The reconcile function, and what becomes of what it finds.

    Attributes
    ----------
    raised
        What it raised to whoever invoked it.
    """

    function: ReconcileFunction
    listener: Listener
    prediction_one: PredictionOneStandIn
    model: str
    raised: list[str] = field(default_factory=list)

    def reconcile(self, names: list[str]) -> str:
        """Lose files, run until as many runs have succeeded, each with time for one file, and return the outcome."""
        for name in names:
            self.function.lose(f"{self.model}/{name}")
        for _ in range(TIMES):
            self._run()
            if len(self.function.answers) == len(names):
                self.function.drain()
                return self.outcome(names)
        raise AssertionError("the runs fail without end")

    def _run(self) -> None:
        try:
            self.function.handle(remaining_seconds=60)
        except RetrainError as error:
            self.raised.append(f"{error.code} {error}")

    def outcome(self, names: list[str]) -> str:
        """Return how often the files were sent, and whether people were told."""
        sent = Counter(upload.filename for upload in self.prediction_one.uploads)
        files = "each file sent once" if sent == Counter(names) else f"sent {dict(sent)}"
        told = any(self.function.bucket.name in each["Subject"] for each in self.listener.notifications)
        return f"{files}, {'e-mail' if told else 'no e-mail'}"


@pytest.fixture
def scene(  # noqa: PLR0913, PLR0917 - the function and who shows what became of it
    aws_faults: AwsFaults,
    reconcile_function: ReconcileFunction,
    listener: Listener,
    prediction_one: PredictionOneStandIn,
    model: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Scene:
    """Give the function, cold: all its calls are counted. S3 lists one file at a time."""
    assert aws_faults.calls == []
    monkeypatch.setattr("retrain.reconciling.listing.PAGE_SIZE", 1)
    return Scene(reconcile_function, listener, prediction_one, model)


RUNS: dict[str, Callable[[Scene], str]] = {
    "a file whose event never came": lambda scene: scene.reconcile(["a.csv"]),
    "a bucket that takes two runs": lambda scene: scene.reconcile(["a.csv", "b.csv"]),
}


@pytest.mark.parametrize("situation", RECONCILE, ids=str)
def test_calls_are_those_of_the_matrix(scene: Scene, aws_faults: AwsFaults, situation: Situation) -> None:
    """Nothing fails. A call that is new needs a row, and the rows say where the faults strike."""
    outcome = RUNS[situation.name](scene)

    assert (outcome, aws_faults.calls) == (situation.outcome, situation.operations)


@pytest.mark.parametrize("case", cases_of("reconcile", ALL), ids=str)
def test_lost_file_is_sent_once_whichever_call_fails(
    scene: Scene, aws_faults: AwsFaults, case: Case, stdout: Callable[[], list[dict[str, Any]]]
) -> None:
    """The run is repeated, and the log or the error says what failed."""
    aws_faults.arm(case.number, case.fault)

    outcome = RUNS[case.situation.name](scene)

    assert (outcome, aws_faults.tries > 1) == (case.outcome, case.is_repeated)
    assert case.misreported(stdout(), scene.raised) == []

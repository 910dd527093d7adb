"""Each AWS call of the track and switch functions fails once, in every way: each job ends right, in both tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.prediction_one import Fault
from retrain.errors import RetrainError
from retrain.ledger.retrain_job import RetrainJob
from tests.faults.injection import AwsFaults
from tests.faults.matrix import Case, Situation, cases_of
from tests.faults.situations import ALL, SWITCH, TRACK
from tests.functional.tracking.conftest import Tracking
from tests.tables import let_time_pass

TIMES = 5

MIB = 1024 * 1024


@dataclass
class Scene:
    """Both functions, and a job in training.

    Attributes
    ----------
    raised
        What they raised to whoever invoked them.
    """

    tracking: Tracking
    job: RetrainJob
    raised: list[str] = field(default_factory=list)

    def invoke(self, function: Callable[[], object]) -> bool:
        """Invoke a function and return whether it succeeded."""
        try:
            function()
        except RetrainError as error:
            self.raised.append(f"{error.code} {error}")
            return False
        return True

    def let_time_pass(self) -> None:
        """Let all leases and pauses end."""
        let_time_pass(self.tracking.jobs, [self.tracking.item(self.job)])
        let_time_pass(self.tracking.models, [self.tracking.model_item(self.job.model)])

    def track(self) -> str:
        """Run the track function on its schedule until it has nothing left to do, and return the outcome.

        It runs before a lease can have ended, and then after all leases and pauses.
        """
        for turn in range(2 * TIMES):
            self.invoke(self.tracking.run)
            if "open_job" not in self.tracking.item(self.job):
                return self.outcome()
            if turn % 2:
                self.let_time_pass()
        raise AssertionError("the job stays open without end")

    def outcome(self) -> str:
        """Return what became of the job, of its model and of its results."""
        item = self.tracking.item(self.job)
        reason = f" ({item['error_code']})" if "error_code" in item else ""
        stored = "results stored" if self.tracking.stored(self.job) else "no results"
        return f"{item['status']}{reason}, {self._live(item)}, {stored}"

    def _live(self, item: dict[str, Any]) -> str:
        """Return whether the job's model is live: at the service, and in both tables."""
        places = {
            self.tracking.prediction_one.jobs_in_service.get(self.job.model) == self.job.retrain_job_id,
            self.tracking.model_item(self.job.model).get("retrain_job_id") == self.job.retrain_job_id,
            item.get("in_service", False),
        }
        return {(True,): "live", (False,): "not live"}.get(tuple(places), "live here and not there")


@pytest.fixture
def policy() -> str:
    """Switch automatically."""
    return "Automatic"


@pytest.fixture
def scene(aws_faults: AwsFaults, tracking: Tracking, job: RetrainJob) -> Scene:
    """Give both functions, cold: all their calls are counted."""
    assert aws_faults.calls == []
    return Scene(tracking, job)


def finish(scene: Scene) -> str:
    """Have the service finish."""
    scene.tracking.finish(scene.job)
    return scene.track()


def store_two_parts(scene: Scene) -> str:
    """Have the service finish with results that are larger than one part of an upload to S3."""
    scene.tracking.prediction_one.change_settings(results_padding_bytes=9 * MIB)
    return finish(scene)


def break_the_download(scene: Scene) -> str:
    """Have the first download break after its first part is stored."""
    scene.tracking.prediction_one.add_fault(Fault("download", "drop", at="mid_body", after_bytes=9 * MIB))
    return store_two_parts(scene)


def train_for_long(scene: Scene) -> str:
    """Have the service finish after the first run."""
    while not scene.invoke(scene.tracking.run):
        pass
    scene.let_time_pass()
    return finish(scene)


def delete(scene: Scene) -> str:
    """Delete the job at the service."""
    scene.tracking.prediction_one.delete_job(scene.job.retrain_job_id)
    return scene.track()


def refuse_a_switch(scene: Scene) -> str:
    """Have the service refuse the first switch."""
    scene.tracking.prediction_one.add_fault(Fault("switch", "status", status=403))
    return finish(scene)


def finish_late(scene: Scene) -> str:
    """Have the model of a newer file be live already."""
    newer = {"object_uri": "s3://landing/newer.csv", "object_version": "1", "landed_at": "2026-12-31T00:00:00.000Z"}
    scene.tracking.models.put_item(Item={"model": scene.job.model, "retrain_job_id": "newer", **newer})
    return finish(scene)


def ask(scene: Scene) -> str:
    """Ask, as a person does, until the switch function succeeds."""
    scene.tracking.finish(scene.job)
    scene.tracking.change(scene.job, status="FINISHED")
    for turn in range(2 * TIMES):
        if scene.invoke(lambda: scene.tracking.switch(scene.job)):
            return scene.outcome()
        if turn % 2:
            scene.let_time_pass()
    raise AssertionError("the switch fails without end")


RUNS: dict[str, Callable[[Scene], str]] = {
    "a job that has finished": finish,
    "a job with results of two parts": store_two_parts,
    "a download that breaks in the second part": break_the_download,
    "a job in training": train_for_long,
    "a job that was deleted": delete,
    "a switch that fails at first": refuse_a_switch,
    "a model of newer data is live": finish_late,
    "a person's request": ask,
}


@pytest.mark.parametrize("situation", [*TRACK, *SWITCH], ids=str)
def test_calls_are_those_of_the_matrix(scene: Scene, aws_faults: AwsFaults, situation: Situation) -> None:
    """Nothing fails. A call that is new needs a row, and the rows say where the faults strike."""
    outcome = RUNS[situation.name](scene)

    assert (outcome, aws_faults.calls) == (situation.outcome, situation.operations)


@pytest.mark.parametrize("case", [*cases_of("track", ALL), *cases_of("switch", ALL)], ids=str)
def test_job_ends_right_whichever_call_fails(
    scene: Scene, aws_faults: AwsFaults, case: Case, stdout: Callable[[], list[dict[str, Any]]]
) -> None:
    """The schedule, or the person who asked, tries again, and the log or the error says what failed."""
    aws_faults.arm(case.number, case.fault)

    outcome = RUNS[case.situation.name](scene)

    assert (outcome, aws_faults.tries > 1) == (case.outcome, case.is_repeated)
    assert case.misreported(stdout(), scene.raised) == []

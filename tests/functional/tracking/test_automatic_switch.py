"""SwitchPolicy Automatic: the tracker switches once the results are stored, and no crash in between loses a switch."""

from __future__ import annotations

from itertools import permutations

import pytest

from local.prediction_one import Fault
from retrain.ledger.models import ModelsTable
from retrain.ledger.retrain_job import RetrainJob
from retrain.tracking.checks import SWITCHED_BY
from retrain.tracking.run import RESERVE_SECONDS
from tests.functional.tracking.conftest import Tracking, at


@pytest.fixture
def policy() -> str:
    """Switch automatically."""
    return "Automatic"


@pytest.fixture
def three(tracking: Tracking, model: str, model_secret: str) -> list[RetrainJob]:
    """Give three jobs in training of one model, the oldest landing first."""
    assert model_secret
    return [tracking.begin(model, landed_at=at(second)) for second in range(3)]


def test_finished_job_is_switched_in_the_same_run(tracking: Tracking, job: RetrainJob) -> None:
    """Its item says who did it, and is no longer looked at."""
    tracking.finish(job)

    counted = tracking.run()

    item = tracking.item(job)
    assert (item["status"], item["in_service"], item["switched_by"]) == ("SWITCHED", True, SWITCHED_BY)
    assert not {"open_job", "next_check_at", "error_code"} & item.keys()
    assert counted == {"StatusChecks": 1, "JobsFinished": 1, "ModelsSwitched": 1}
    assert tracking.prediction_one.jobs_in_service == {job.model: job.retrain_job_id}


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_newest_landing_stays_in_service(tracking: Tracking, three: list[RetrainJob], order: tuple[int, ...]) -> None:
    """In whatever order the three finish; one that came too late says why, and is finished all the same."""
    for number in order:
        tracking.finish(three[number])
        tracking.make_due(*(job for job in three if "open_job" in tracking.item(job)))
        tracking.run()

    assert tracking.prediction_one.jobs_in_service == {three[2].model: three[2].retrain_job_id}
    assert tracking.in_service(three[2].model) == [three[2].retrain_job_id]
    for number in order[order.index(2) + 1 :]:
        late = tracking.item(three[number])
        assert (late["status"], late["error_code"]) == ("FINISHED", "NEWER_IN_SERVICE")
        assert "open_job" not in late
        assert tracking.requests_for(three[number], "switch") == 0


def test_newest_landing_stays_in_service_when_all_finish_at_once(tracking: Tracking, three: list[RetrainJob]) -> None:
    """They race for the model in one run; whoever had to wait comes again."""
    tracking.finish(*three)

    for _ in range(4):
        tracking.run()
        tracking.make_due(*(job for job in three if "open_job" in tracking.item(job)))

    assert tracking.prediction_one.jobs_in_service == {three[2].model: three[2].retrain_job_id}
    assert tracking.in_service(three[2].model) == [three[2].retrain_job_id]
    assert all("open_job" not in tracking.item(job) for job in three)


def test_switch_is_left_to_the_next_run_when_time_is_short(tracking: Tracking, job: RetrainJob) -> None:
    """The download took what there was; the item is FINISHED and still open."""
    tracking.prediction_one.add_fault(Fault("download", "slow", delay_seconds=2))
    tracking.finish(job)

    counted = tracking.run(remaining_seconds=RESERVE_SECONDS + 1)
    between = tracking.item(job)
    tracking.make_due(job)
    tracking.run()

    assert counted == {"StatusChecks": 1, "JobsFinished": 1}
    assert (between["status"], between["open_job"]) == ("FINISHED", "open")
    assert tracking.item(job)["status"] == "SWITCHED"


class _Crash(Exception):  # noqa: N818 - stands for a process that ends there
    """The process ends."""


@pytest.mark.parametrize("step", ["acquire", "record"])
def test_interrupted_switch_is_resumed(
    tracking: Tracking, job: RetrainJob, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Without asking or downloading again: the item is FINISHED and still open."""

    def crash(*_: object, **__: object) -> None:
        raise _Crash

    tracking.finish(job)
    with monkeypatch.context() as patched:
        patched.setattr(ModelsTable, step, crash)
        with pytest.raises(ExceptionGroup):
            tracking.run()
    between = tracking.item(job)
    _end_leases(tracking, job)

    tracking.run()

    assert (between["status"], between["open_job"]) == ("FINISHED", "open")
    assert tracking.item(job)["status"] == "SWITCHED"
    assert [tracking.requests_for(job, operation) for operation in ("status", "download")] == [1, 1]


def _end_leases(tracking: Tracking, job: RetrainJob) -> None:
    """Let the time pass until the invocation that held the job and its model has certainly ended."""
    tracking.make_due(job)
    if tracking.model_item(job.model):
        tracking.models.update_item(
            Key={"model": job.model},
            UpdateExpression="SET lease_expires_at = :past",
            ExpressionAttributeValues={":past": 1},
        )


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    "fault",
    [
        Fault("switch", "status", status=503, times=2),
        Fault("switch", "status", status=400, message="Retrain job is not finished."),
        Fault("switch", "drop", times=2, at="after_body"),
    ],
    ids=["503", "not finished there", "switched, but no answer came"],
)
def test_switch_that_fails_for_now_is_tried_again(tracking: Tracking, job: RetrainJob, fault: Fault) -> None:
    """The results stay as they are; the item says why it is not switched yet, until it is."""
    tracking.prediction_one.add_fault(fault)
    tracking.finish(job)
    tracking.run()
    waiting = tracking.item(job)
    tracking.make_due(job)
    tracking.run()

    assert (waiting["status"], waiting["open_job"]) == ("FINISHED", "open")
    assert waiting["error_code"] in ("SERVICE_UNAVAILABLE", "RETRAIN_JOB_NOT_FINISHED")
    assert tracking.due_in_seconds(waiting) < 300
    assert tracking.item(job)["status"] == "SWITCHED"
    assert "error_code" not in tracking.item(job)
    assert tracking.requests_for(job, "download") == 1


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(("hours", "asked_for"), [(6, None), (0, 1800)])
def test_switch_that_keeps_failing_is_tried_ever_less_often(
    tracking: Tracking, model: str, model_secret: str, hours: float, asked_for: int | None
) -> None:
    """At the pace of the checks, and not before the service wants it: here, half an hour each."""
    assert model_secret
    job = tracking.begin(model, age_seconds=hours * 3600)
    tracking.prediction_one.add_fault(Fault("switch", "status", status=503, times=2, retry_after_seconds=asked_for))
    tracking.finish(job)

    counted = tracking.run()

    assert tracking.due_in_seconds(tracking.item(job)) == pytest.approx(1800, abs=30)
    assert counted == {"StatusChecks": 1, "JobsFinished": 1, "SwitchesFailed": 1}


def test_switch_that_can_never_succeed_is_left_to_a_person(tracking: Tracking, job: RetrainJob) -> None:
    """The model's API was deleted there: the results are kept, with the reason."""
    tracking.prediction_one.delete_classifier(job.model)
    tracking.finish(job)

    counted = tracking.run()

    item = tracking.item(job)
    assert (item["status"], item["error_code"]) == ("FINISHED", "DELETED_AT_SERVICE")
    assert "The switch function can still make it live" in item["error_message"]
    assert counted["SwitchesFailed"] == 1
    assert "open_job" not in item


def test_change_of_policy_leaves_what_waits_to_a_person(
    tracking: Tracking, job: RetrainJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that waits for its switch when the policy becomes Manual is not switched."""
    tracking.change(job, status="FINISHED")
    monkeypatch.setenv("SWITCH_POLICY", "Manual")

    tracking.run()

    assert tracking.item(job)["status"] == "FINISHED"
    assert "open_job" not in tracking.item(job)
    assert tracking.prediction_one.jobs_in_service == {}


def test_hand_that_is_faster_does_no_harm(tracking: Tracking, job: RetrainJob) -> None:
    """A person switches a job while it waits for the tracker."""
    tracking.prediction_one.add_fault(Fault("switch", "status", status=400, message="Retrain job is not finished."))
    tracking.finish(job)
    tracking.run()

    tracking.switch(job)

    assert tracking.run() == {}
    assert tracking.item(job)["switched_by"] == "switch function"
    assert "open_job" not in tracking.item(job)

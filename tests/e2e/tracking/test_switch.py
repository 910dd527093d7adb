"""The retrained model goes live: by hand by default, automatically where the policy says so."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from local.processes import wait_for
from local.stack import LocalStack
from tests.e2e.tracking.tracking import begin, finish, in_service, invoke, item, make_due, schedule_paused, switch


@pytest.fixture(autouse=True)
def _by_hand(stack: LocalStack) -> Iterator[None]:
    with schedule_paused(stack):
        yield


@pytest.fixture
def automatic(stack: LocalStack) -> Iterator[None]:
    """Switch automatically for a while, as SwitchPolicy sets it."""
    functions, name = stack.aws.client("lambda"), stack.outputs["TrackFunctionName"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    automatic = {**variables, "SWITCH_POLICY": "Automatic"}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": automatic})
    yield
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def test_person_switches_to_a_finished_job(stack: LocalStack, model: str) -> None:
    """Asked too early it says so; once the results are there it switches, and twice is harmless."""
    stack.add_model(model)
    job = begin(stack, model)

    too_early = switch(stack, job)
    finish(stack, job)
    make_due(stack, job)
    invoke(stack, "Track")
    answers = [switch(stack, job, by="Hanako") for _ in range(2)]

    assert "is TRAINING" in too_early["errorMessage"]
    assert [answer["status"] for answer in answers] == ["SWITCHED", "SWITCHED"]
    assert item(stack, job)["switched_by"] == "switch function (Hanako)"
    assert stack.prediction_one.jobs_in_service[model] == job["retrain_job_id"]
    assert in_service(stack, model) == [job["retrain_job_id"]]


@pytest.mark.usefixtures("automatic")
def test_newest_of_three_that_finish_out_of_order_is_in_service(stack: LocalStack, model: str) -> None:
    """The middle one, the newest, the oldest: the last comes too late, and only force brings it back."""
    stack.add_model(model)
    jobs = []
    for name in ("oldest", "middle", "newest"):
        jobs.append(begin(stack, model, name))
        landed = jobs[-1]["landed_at"][:19]
        wait_for("the next second", lambda: time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) > landed)  # noqa: B023

    for number in (1, 2, 0):
        finish(stack, jobs[number])
        make_due(stack, *jobs)
        invoke(stack, "Track")
    refused = switch(stack, jobs[0])

    assert stack.prediction_one.jobs_in_service[model] == jobs[2]["retrain_job_id"]
    assert in_service(stack, model) == [jobs[2]["retrain_job_id"]]
    late = item(stack, jobs[0])
    assert (late["status"], late["error_code"]) == ("FINISHED", "NEWER_IN_SERVICE")
    assert '"force": true' in refused["errorMessage"]
    assert switch(stack, jobs[0], force=True)["in_service"] is True
    assert in_service(stack, model) == [jobs[0]["retrain_job_id"]]

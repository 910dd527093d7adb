"""Two switches of one model: the service is asked by one at a time, and a late one overwrites nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrain.errors import LeaseHeldError, LeaseLostError, NewerInServiceError, TableUnavailableError
from retrain.ledger.models import ModelsTable
from retrain.ledger.retrain_job import RetrainJob
from tests.examples import examples
from tests.functional.conftest import ON_BOTH_DYNAMODBS
from tests.functional.tracking.conftest import Tracking, at

pytestmark = ON_BOTH_DYNAMODBS


@pytest.fixture
def models(tracking: Tracking) -> ModelsTable:
    """Give the table as both functions use it."""
    return ModelsTable(tracking.models, tracking.jobs)


@pytest.fixture
def pair(tracking: Tracking, model: str, model_secret: str) -> list[RetrainJob]:
    """Give two finished jobs of one model, the older landing first."""
    assert model_secret
    jobs = [tracking.begin(model, landed_at=at(second)) for second in range(2)]
    for job in jobs:
        tracking.change(job, status="FINISHED")
    return jobs


def _soon() -> float:
    return time.time() + 900


@pytest.mark.parametrize("force", [True, False])
def test_model_is_held_by_one_switch_at_a_time(models: ModelsTable, pair: list[RetrainJob], *, force: bool) -> None:
    """Not even force takes it away: the service must not be asked for two jobs at once."""
    models.acquire(pair[0], "first", _soon(), force=False)

    with pytest.raises(LeaseHeldError):
        models.acquire(pair[1], "second", _soon(), force=force)


def test_lease_of_a_switch_that_died_ends(models: ModelsTable, pair: list[RetrainJob], tracking: Tracking) -> None:
    """When its invocation must have; what it still writes then is refused."""
    before = models.acquire(pair[0], "first", time.time() - 10, force=False)
    models.acquire(pair[1], "second", _soon(), force=False)
    held = tracking.model_item(pair[0].model)

    with pytest.raises(LeaseLostError):
        models.record(pair[0], "first", before, "a late one")
    models.release(pair[0], "first")

    assert tracking.model_item(pair[0].model) == held
    assert tracking.item(pair[0])["status"] == "FINISHED"


def test_acquire_whose_answer_got_lost_finds_its_own(models: ModelsTable, pair: list[RetrainJob]) -> None:
    """The SDK repeats it."""
    models.acquire(pair[0], "first", _soon(), force=False)

    assert models.acquire(pair[0], "first", _soon(), force=False)["lease_owner"] == "first"


def test_two_landings_of_one_moment_may_replace_each_other(models: ModelsTable, tracking: Tracking, model: str) -> None:
    """EventBridge tells whole seconds: neither is newer."""
    jobs = [tracking.begin(model, landed_at=at(5)) for _ in range(2)]
    for job in jobs:
        tracking.change(job, status="FINISHED")
        models.record(job, "owner", models.acquire(job, "owner", _soon(), force=False), "somebody")

    assert tracking.in_service(model) == [jobs[1].retrain_job_id]


def test_job_that_a_person_closed_meanwhile_is_not_marked(
    models: ModelsTable, pair: list[RetrainJob], tracking: Tracking
) -> None:
    """Both tables stay as they are: all is written, or nothing."""
    before = models.acquire(pair[0], "first", _soon(), force=False)
    tracking.change(pair[0], status="FAILED")

    with pytest.raises(LeaseLostError, match="the switch is not recorded"):
        models.record(pair[0], "first", before, "somebody")

    assert tracking.item(pair[0])["status"] == "FAILED"
    assert "retrain_job_id" not in tracking.model_item(pair[0].model)


@pytest.mark.usefixtures("pauses")
def test_model_is_free_again_after_a_failure_that_could_not_be_written(
    tracking: Tracking, pair: list[RetrainJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch is repeated by hand at once, and recorded."""

    def refuse(*_: object) -> None:
        raise TableUnavailableError("no")

    tracking.finish(*pair)
    with monkeypatch.context() as patched:
        patched.setattr(ModelsTable, "record", refuse)
        with pytest.raises(TableUnavailableError):
            tracking.switch(pair[0])

    assert tracking.switch(pair[0])["in_service"]


@settings(max_examples=examples(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["switch", "crash", "late"])), max_size=8))
def test_whatever_happens_the_newest_that_was_switched_is_in_service(
    tracking: Tracking, model: str, model_secret: str, steps: list[tuple[int, str]]
) -> None:
    """Switches, crashes before the record and records that come late, in any order: both tables agree."""
    assert model_secret
    tracking.models.delete_item(Key={"model": model})
    jobs = [tracking.begin(model, landed_at=at(second)) for second in range(3)]
    models = ModelsTable(tracking.models, tracking.jobs)
    for job in jobs:
        tracking.change(job, status="FINISHED")
    newest = -1
    crashed: list[tuple[RetrainJob, str, Mapping[str, Any], str]] = []
    for number, what in steps:
        try:
            if what == "late" and crashed:
                with pytest.raises(LeaseLostError):
                    models.record(*crashed.pop())
                continue
            owner, ends = f"{number} {what} {len(crashed)}", time.time() - 10 if what == "crash" else _soon()
            before = models.acquire(jobs[number], owner, ends, force=False)
        except NewerInServiceError:
            assert number < newest
            continue
        if what == "crash":
            models.acquire(jobs[number], f"{owner}, its successor", time.time() - 10, force=False)
            crashed.append((jobs[number], owner, before, "late"))
        else:
            models.record(jobs[number], owner, before, "somebody")
            newest = number
    live = [jobs[newest].retrain_job_id] if newest >= 0 else []
    own = {job.retrain_job_id for job in jobs}
    assert [job_id for job_id in tracking.in_service(model) if job_id in own] == live
    assert tracking.model_item(model).get("retrain_job_id") == next(iter(live), None)

"""Every state has a next step, with the command that ends it."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from p1_retrain.found.absent import absence_of
from p1_retrain.found.history import history, summary
from p1_retrain.found.next_steps import next_step
from p1_retrain.found.steps import About
from retrain.ledger.status import HiddenState, Status, state_of
from tests.e2e.command_line.misfortunes import MISFORTUNES
from tests.streams import sample_job
from tests.unit.command_line.fakes import NOW, stack_with

GIVEN_UP: dict[str, Any] = {"given_up_at": "2026-11-23T01:06:00.000Z"}
REASON: dict[str, Any] = {"error_code": "SERVICE_UNAVAILABLE", "error_message": "It answered 503."}

IN_STATE: dict[str, dict[str, Any]] = {
    **{status: {"status": status, "error_code": None} for status in Status},
    HiddenState.GIVEN_UP: {"status": "RETRYING", **GIVEN_UP, **REASON},
    HiddenState.NEEDS_DECISION: {"status": "RETRYING", **GIVEN_UP, "error_code": "OUTCOME_NEEDS_DECISION"},
    HiddenState.UNREADABLE: {"status": "REJECTED", "error_code": "UNREADABLE_EVENT"},
    HiddenState.NO_RESULT: {"status": "STALLED", **REASON},
    HiddenState.NOT_SWITCHED: {"status": "FINISHED", **REASON},
    HiddenState.SWITCH_NOT_DUE: {"status": "FINISHED", "error_code": "NEWER_IN_SERVICE"},
}

NEEDS_PERSON = {
    Status.STALLED,
    Status.FINISHED,
    Status.REJECTED,
    Status.FAILED,
    HiddenState.GIVEN_UP,
    HiddenState.NEEDS_DECISION,
    HiddenState.UNREADABLE,
    HiddenState.NO_RESULT,
    HiddenState.NOT_SWITCHED,
}


def about(live: dict[str, Any] | None = None, **changes: Any) -> About:
    """Return what a step depends on: the sample job with other values."""
    return About(stack_with(), sample_job(**{"object_uri": "s3://landing/m/ペンギン 1+1.csv", **changes}), live or {})


@pytest.mark.parametrize("state", IN_STATE)
def test_every_state_has_a_next_step(state: str) -> None:
    """A sentence, commands that a shell takes, and whether a person is needed."""
    asked = about(**IN_STATE[state])

    step = next_step(asked)

    assert state_of(asked.item) == state
    assert step.text.endswith(".")
    assert step.needs_person == (state in NEEDS_PERSON)
    assert summary(asked.item).endswith(".")
    for command in step.commands:
        assert shlex.split(command)[0] in ("p1-retrain", "aws")


def test_commands_name_the_file_and_the_stack_exactly() -> None:
    """Ready to paste, whatever the name contains."""
    (command,) = next_step(about(**IN_STATE[HiddenState.GIVEN_UP])).commands

    assert shlex.split(command) == ["p1-retrain", "redrive", "s3://landing/m/ペンギン 1+1.csv"]


def test_finished_file_needs_nobody_once_a_newer_one_is_live() -> None:
    """With `SwitchPolicy` `Manual`, a person decides about the newest."""
    assert next_step(about()).needs_person
    assert not next_step(about(live={"landed_at": "2027-01-01T00:00:00.000Z"})).needs_person


def test_status_of_somebody_s_own_needs_a_person() -> None:
    """Somebody edited the item."""
    step = next_step(about(status="EDITED"))

    assert (step.needs_person, "EDITED" in step.text) == (True, True)


def test_history_is_in_the_order_of_time() -> None:
    """Each moment that the item has, once."""
    events = history(sample_job())

    assert [event.at for event in events] == sorted(event.at for event in events)
    assert events[0].what == "landed"


@pytest.mark.parametrize(
    ("uri", "prefix", "state"),
    [
        ("s3://other/m/a.csv", "", "other bucket"),
        ("s3://landing/m/a.csv", "training/", "outside the prefix"),
    ],
)
def test_file_that_is_not_ours_is_told_without_asking_aws(uri: str, prefix: str, state: str) -> None:
    """The stack's outputs and parameters say it."""
    absence = absence_of(stack_with({"LandingPrefix": prefix}), uri, NOW)

    assert (absence.state, absence.step.needs_person) == (state, False)
    if state in MISFORTUNES:
        assert MISFORTUNES[state].cause in absence.text
        assert MISFORTUNES[state].next_step in absence.step.text

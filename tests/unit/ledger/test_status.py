"""The state machine is told once in code, drawn once and explained once: all three say the same."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

from retrain.errors import (
    ApiKeyUnavailableError,
    DeletedAtServiceError,
    FileRejectedError,
    ObjectSupersededError,
    RetrainError,
    UploadOutcomeUnknownError,
)
from retrain.ledger.status import TRANSITIONS, HiddenState, Status, closing_status, is_news, state_of
from tests.conftest import REPOSITORY

HOME = REPOSITORY / "functions/retrain/ledger/status.py"


def test_diagram_draws_the_table() -> None:
    """docs/reliability.md draws every transition with its cause, and no other."""
    text = (REPOSITORY / "docs/reliability.md").read_text()
    drawn = re.findall(r"^    (\S+) --> (\S+): (.+)$", text, re.MULTILINE)

    assert sorted(drawn) == sorted((step.before or "[*]", step.after or "[*]", step.cause) for step in TRANSITIONS)


@pytest.mark.parametrize("status", Status)
def test_readme_tells_what_comes_next(status: Status) -> None:
    """README's status table has a row for each status, and names exactly the statuses that can follow it."""
    text = (REPOSITORY / "README.md").read_text()
    (row,) = re.findall(rf"^\| `{status}` \|.*\|(.*)\|$", text, re.MULTILINE)

    named = set(re.findall(r"`([A-Z]+)`", row))

    assert named == {step.after for step in TRANSITIONS if step.before == status and step.after} - {status}


def test_every_status_can_be_reached_and_no_step_is_told_twice() -> None:
    """The table is complete, and a function."""
    steps = [(step.before, step.after) for step in TRANSITIONS]

    assert {after for _, after in steps if after} == set(Status)
    assert len(set(steps)) == len(steps)


def test_statuses_are_spelled_in_one_place() -> None:
    """No other module holds a status as text: whoever changes one finds all of it in its home."""
    modules = [path for path in (REPOSITORY / "functions").rglob("*.py") if path != HOME]

    spelled = {
        f"{path.name}: {node.value}"
        for path in modules
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in set(Status)
    }

    assert spelled == set()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (FileRejectedError("EMPTY_FILE", ""), Status.REJECTED),
        (ObjectSupersededError(""), Status.SUPERSEDED),
        (DeletedAtServiceError(""), Status.FAILED),
        (ApiKeyUnavailableError(""), None),
        (UploadOutcomeUnknownError(""), None),
    ],
)
def test_error_closes_a_file_or_has_it_tried_again(error: RetrainError, status: Status | None) -> None:
    """Whose fault it is decides which; an unknown outcome is never final."""
    assert closing_status(error) == status


@pytest.mark.parametrize(
    ("item", "state"),
    [
        ({"status": "RETRYING"}, Status.RETRYING),
        ({"status": "RETRYING", "given_up_at": "2026-11-23T01:06:00.000Z"}, HiddenState.GIVEN_UP),
        ({"status": "STALLED", "error_code": "STALLED"}, Status.STALLED),
        ({"status": "STALLED", "error_code": "API_KEY_REJECTED"}, HiddenState.NO_RESULT),
        ({"status": "FINISHED"}, Status.FINISHED),
        ({"status": "FINISHED", "error_code": "SERVICE_UNAVAILABLE"}, HiddenState.NOT_SWITCHED),
        ({"status": "FINISHED", "error_code": "NEWER_IN_SERVICE"}, HiddenState.SWITCH_NOT_DUE),
        ({"status": "FINISHED", "error_code": "LEASE_HELD"}, HiddenState.SWITCH_NOT_DUE),
        ({"status": "EDITED_BY_HAND"}, "EDITED_BY_HAND"),
    ],
)
def test_status_hides_a_state(item: dict[str, Any], state: str) -> None:
    """The other attributes tell which."""
    assert state_of(item) == state


def test_item_without_a_status_is_no_news() -> None:
    """Whatever somebody wrote by hand."""
    assert not is_news({}, {"given_up_at": "2026-11-23T01:06:00.000Z"})

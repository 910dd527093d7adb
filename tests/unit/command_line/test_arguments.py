"""What people type: options anywhere, moments in several forms, and consent."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from p1_retrain.app import app
from p1_retrain.errors import CommandFailed
from p1_retrain.group import hoisted
from p1_retrain.moments import moment_of, span
from p1_retrain.operator import Operator
from p1_retrain.patience import undivided
from tests.unit.command_line.fakes import NOW

COMMANDS = (
    *("status", "files", "why", "dead-letters", "redrive", "reconcile", "backfill"),
    *("switch", "resolve", "keys", "costs"),
)


@pytest.mark.parametrize(
    ("typed", "parsed"),
    [
        (["why", "uri", "--json"], ["--json", "why", "uri"]),
        (["keys", "--stack", "x", "add"], ["--stack", "x", "keys", "add"]),
        (["status", "--region=eu-west-1"], ["--region=eu-west-1", "status"]),
        (["why", "--", "--json"], ["why", "--", "--json"]),
        (["status", "--stack"], ["--stack", "status"]),
    ],
)
def test_common_options_may_stand_anywhere(typed: list[str], parsed: list[str]) -> None:
    """A person adds `--json` at the end."""
    assert hoisted(typed) == parsed


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("12h", NOW - timedelta(hours=12)),
        ("7d", NOW - timedelta(days=7)),
        ("30m", NOW - timedelta(minutes=30)),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T09:00:00+09:00", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T00:00:00Z", datetime(2026, 11, 23, tzinfo=UTC)),
    ],
)
def test_moment_is_read_in_the_forms_that_people_use(text: str, moment: datetime) -> None:
    """Ago, a date, or a moment with a zone; without one it is UTC."""
    assert moment_of(text, NOW) == moment


@pytest.mark.parametrize("text", ["yesterday", "", "7", "7 d"])
def test_other_text_is_no_moment(text: str) -> None:
    """The sentence shows what is."""
    with pytest.raises(CommandFailed, match="is no moment: give for example"):
        moment_of(text, NOW)


@pytest.mark.parametrize(("seconds", "text"), [(5, "5 s"), (120, "2 min"), (7200, "2 h"), (2e5, "2 days")])
def test_span_is_short(seconds: float, text: str) -> None:
    """At least two of the unit, so that nothing is lost."""
    assert span(seconds) == text


def test_change_without_consent_is_refused_where_nobody_can_be_asked() -> None:
    """It says what it would do."""
    with pytest.raises(CommandFailed, match=r"Nothing was changed\. This would move it: add --yes to do it\."):
        Operator("stack").require_yes("move it", yes=False)

    Operator("stack").require_yes("move it", yes=True)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_with_examples(command: str) -> None:
    """In a terminal of 80 columns."""
    ran = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "80"})

    assert ran.exit_code == 0
    assert f"$ p1-retrain {command}" in ran.stdout
    assert max(len(line) for line in ran.stdout.splitlines()) <= 80


def test_interruption_waits_for_steps_that_belong_together() -> None:
    """Ctrl-C between a message's sending and its deletion leaves nothing half done."""
    steps = []

    def take_both() -> None:
        with undivided():
            os.kill(os.getpid(), signal.SIGINT)
            steps.append("the second step")

    with pytest.raises(KeyboardInterrupt):
        take_both()

    assert steps == ["the second step"]

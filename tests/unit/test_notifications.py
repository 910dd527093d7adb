"""What people are told: what happened, to which file and model, and what to do next."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from retrain.notifications import MAX_SUBJECT_LENGTH, Notification, Switching, notification_of, switch_command
from tests.streams import sample_job

BY_HAND = Switching("Manual", "stack-switch")
REASON: dict[str, Any] = {"error_code": "EMPTY_FILE", "error_message": "ペンギン.csv is empty."}

EXPECTED = {
    "REJECTED": ("file refused", "refused before anything was sent", "correct the file and land it again"),
    "FAILED": ("failed", "did not retrain the model", "land the file again, corrected if the file was at fault"),
    "STALLED": ("still in training", "for longer than MaxTrainingHours", "look at the model in Prediction One"),
    "FINISHED": ("finished", "has been retrained on this file", "put the retrained model into service"),
}


def notify(switching: Switching = BY_HAND, **changes: Any) -> Notification:
    """Return the notification of the sample job with other values."""
    notification = notification_of(sample_job(**changes), switching)
    assert notification
    return notification


@pytest.mark.parametrize("status", EXPECTED)
def test_notification_says_what_happened_to_what_and_what_to_do(status: str) -> None:
    """Subject, file, model, job and next step, whatever the status."""
    headline, happened, next_step = EXPECTED[status]

    notification = notify(status=status, **REASON)

    assert notification.subject == f"Prediction One retrain: {headline}: penguins"
    job = sample_job()
    for part in (happened, next_step, "Model: penguins\n", f"File: {job['object_uri']}\n", job["retrain_job_id"]):
        assert part in notification.body


@pytest.mark.parametrize("status", ["REJECTED", "FAILED"])
def test_reason_is_told(status: str) -> None:
    """What the item says of the reason, message and code."""
    assert "\n\nReason: ペンギン.csv is empty. (EMPTY_FILE)\n\n" in notify(status=status, **REASON).body


@pytest.mark.parametrize(
    "status", ["WAITING", "UPLOADING", "RETRYING", "TRAINING", "SWITCHED", "SUPERSEDED", "ANOTHER"]
)
def test_other_status_is_no_news_for_people(status: str) -> None:
    """Nobody need act on it or wait for it."""
    assert notification_of(sample_job(status=status), BY_HAND) is None


def test_automatic_switch_asks_for_nothing() -> None:
    """With that policy there is no command to run."""
    body = notify(Switching("Automatic", "stack-switch")).body

    assert "goes into service by itself" in body
    assert "aws lambda" not in body


def test_results_are_named_or_said_to_be_missing() -> None:
    """A finished job's results are where a person decides."""
    assert f"Its results are at {sample_job()['result_uri']}." in notify().body
    assert "It left no results file." in notify(result_uri=None).body


@pytest.mark.parametrize("retrain_job_id", ["6fd6e9c2-2f0e", "it's; rm -rf $HOME `id`"])
def test_switch_command_hands_over_the_job_and_nothing_else(retrain_job_id: str, tmp_path: Path) -> None:
    """One line; a shell takes an id that came from outside as text, whatever it holds."""
    command = switch_command(retrain_job_id, "stack-switch")
    assert len(command.splitlines()) == 1
    assert f"{command}\n" in notify(retrain_job_id=retrain_job_id).body

    aws = tmp_path / "aws"
    aws.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >&2\ncat\n')
    aws.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    ran = subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True, check=True)  # noqa: S603 - what a person pastes

    assert json.loads(ran.stdout) == {"retrain_job_id": retrain_job_id}
    line = "lambda invoke --function-name stack-switch --payload fileb:///dev/stdin /dev/stdout"
    assert ran.stderr.decode().split() == shlex.split(line)


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        ("ペンギン", ": ????"),
        ("a\nb\tc\x7f", ": a?b?c?"),
        ("m" * 53, ": " + "m" * 53),
        ("m" * 1000, "m..."),
        (None, ": no model"),
    ],
    ids=["Japanese", "control characters", "long", "too long", "none"],
)
def test_subject_is_one_that_sns_takes(model: str | None, shown: str) -> None:
    """Printable ASCII, shorter than 100 characters; the whole name is in the text."""
    notification = notify(status="REJECTED", model=model, **REASON)

    assert notification.subject.endswith(shown)
    assert len(notification.subject) <= MAX_SUBJECT_LENGTH < 100
    assert notification.subject.isascii()
    assert notification.subject.isprintable()
    assert f"Model: {model or 'no model'}\n" in notification.body


def test_job_without_job_id_or_reason_is_told_of_all_the_same() -> None:
    """An item that somebody changed by hand is no reason to keep silent."""
    assert "Reason: none is recorded. (UNEXPECTED)" in notify(status="FAILED", retrain_job_id=None).body
    assert "aws lambda invoke" in notify(retrain_job_id=None).body

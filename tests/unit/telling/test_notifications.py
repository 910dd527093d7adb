"""What people are told: what happened, to which file and model, and what to do next."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from retrain.aws.topic import MAX_SUBJECT_LENGTH, subject_line
from retrain.printable import one_line
from retrain.telling.notifications import Instructions, Notification, notification_of, resolve_command, switch_command
from tests.streams import sample_job

BY_HAND = Instructions("Manual", "stack-switch", "stack-upload")
REASON: dict[str, Any] = {"error_code": "EMPTY_FILE", "error_message": "ペンギン.csv is empty."}
GIVEN_UP: dict[str, Any] = {"given_up_at": "2026-11-23T01:06:00.000Z", "attempts": 60}

EXPECTED = {
    "REJECTED": ("file refused", "We refused this file before sending anything", "correct the file and land it again"),
    "FAILED": ("failed", "did not retrain the model", "land the file again (corrected, if the file is the cause)"),
    "STALLED": (
        "no result",
        "no result of this file's retraining for longer than MaxTraining",
        "fix the cause. We keep",
    ),
    "FINISHED": ("not live", "retrained on this file, but the retrained model is not live", "To make it live yourself"),
    "WAITING": ("given up", "gave up on this file after 60 attempts", "redrive the file within 14 days"),
    "RETRYING": ("given up", "gave up on this file after 60 attempts", "redrive the file within 14 days"),
}


def notify(instructions: Instructions = BY_HAND, **changes: Any) -> Notification:
    """Return the notification of the sample job with other values."""
    notification = notification_of(sample_job(**changes), instructions)
    assert notification
    return notification


@pytest.mark.parametrize("status", EXPECTED)
def test_notification_says_what_happened_to_what_and_what_to_do(status: str) -> None:
    """Subject, file, model, job and next step, whatever the status."""
    headline, happened, next_step = EXPECTED[status]

    notification = notify(status=status, **GIVEN_UP, **REASON)

    assert notification.subject == f"Prediction One retrain: {headline}: penguins"
    job = sample_job()
    for part in (happened, next_step, "Model: penguins\n", f"File: {job['object_uri']}\n", job["retrain_job_id"]):
        assert part in notification.body


@pytest.mark.parametrize("code", [None, "STALLED"])
def test_long_training_is_told_as_such(code: str | None) -> None:
    """Where nothing else is known to be wrong."""
    notification = notify(status="STALLED", error_code=code)

    assert notification.subject == "Prediction One retrain: still in training: penguins"
    happened = "Prediction One has been retraining the model on this file for longer than MaxTrainingHours"
    assert happened in notification.body
    assert "look at the model in Prediction One" in notification.body


def test_finished_job_is_told_with_what_to_do() -> None:
    """Its results decide."""
    notification = notify()

    assert notification.subject == "Prediction One retrain: finished: penguins"
    assert "What to do: check the results. If they are good, make the retrained model live" in notification.body


@pytest.mark.parametrize("code", ["NEWER_IN_SERVICE", "LEASE_HELD"])
def test_finished_job_behind_another_is_no_news_for_people(code: str) -> None:
    """A newer one is live, or another switch will soon have ended: nobody needs to act."""
    assert (
        notification_of(sample_job(error_code=code), Instructions("Automatic", "stack-switch", "stack-upload")) is None
    )


def test_job_that_was_not_switched_is_told_with_the_command() -> None:
    """Also with the policy that asks for nothing else."""
    body = notify(Instructions("Automatic", "stack-switch", "stack-upload"), **REASON).body

    assert f"{switch_command(sample_job()['retrain_job_id'], 'stack-switch')}\n" in body
    assert f"Its results are at {sample_job()['result_uri']}." in body


def test_given_up_file_is_told_with_the_redrive_command() -> None:
    """One line to paste, after both ARNs are filled in."""
    body = notify(status="RETRYING", **GIVEN_UP, **REASON).body

    redrive = "aws sqs start-message-move-task --source-arn DEAD_LETTER_QUEUE_ARN --destination-arn UPLOAD_QUEUE_ARN"
    assert redrive in body.splitlines()


COMMANDS_IN: dict[str, tuple[dict[str, Any], list[str]]] = {
    "given up": ({"status": "RETRYING", **GIVEN_UP, **REASON}, ["redrive"]),
    "undecided": ({"status": "RETRYING", **GIVEN_UP, "error_code": "OUTCOME_NEEDS_DECISION"}, ["resolve", "resolve"]),
    "finished": ({"status": "FINISHED"}, ["switch"]),
}


@pytest.mark.parametrize("name", COMMANDS_IN)
@pytest.mark.parametrize(("stack_name", "named"), [("prediction-one-retrain", []), ("another", ["--stack", "another"])])
def test_command_for_the_operator_is_one_line_that_a_shell_takes(name: str, stack_name: str, named: list[str]) -> None:
    """Of `p1-retrain`, for the stack that sent the e-mail, whatever the file is called."""
    changes, expected = COMMANDS_IN[name]
    uri = "s3://b/m/it's; `id` ペンギン 1+1.csv"

    body = notify(Instructions("Manual", "switch", "upload", stack_name), object_uri=uri, **changes).body

    lines = [shlex.split(line) for line in body.splitlines() if line.startswith("p1-retrain ")]
    assert [words[: len(named) + 2] for words in lines] == [["p1-retrain", *named, command] for command in expected]
    assert {words[len(named) + 2] for words in lines} <= {uri, sample_job()["retrain_job_id"]}


@pytest.mark.parametrize("status", EXPECTED)
def test_reason_is_told(status: str) -> None:
    """What the item says of the reason, message and code."""
    body = notify(status=status, **GIVEN_UP, **REASON).body

    assert "\n\nReason: ペンギン.csv is empty. (EMPTY_FILE)\n\n" in body


@pytest.mark.parametrize(
    "status", ["WAITING", "UPLOADING", "RETRYING", "TRAINING", "SWITCHED", "SUPERSEDED", "ANOTHER"]
)
def test_other_status_is_no_news_for_people(status: str) -> None:
    """Nobody needs to act on it or wait for it."""
    assert notification_of(sample_job(status=status), BY_HAND) is None


def test_automatic_switch_asks_for_nothing() -> None:
    """With that policy there is no command to run."""
    body = notify(Instructions("Automatic", "stack-switch", "stack-upload")).body

    assert "goes live automatically unless" in body
    assert "aws lambda" not in body


def test_results_are_named_or_said_to_be_missing() -> None:
    """A finished job's results are where a person decides."""
    assert f"Its results are at {sample_job()['result_uri']}." in notify().body
    assert "There is no results file." in notify(result_uri=None).body


AWKWARD_IDS = ["6fd6e9c2-2f0e", "it's; rm -rf $HOME `id`", "%s \\n \\u30da"]


def run_in_shell(command: str, folder: Path) -> tuple[Any, list[str]]:
    """Run what a person pastes, with an `aws` that shows what it gets: return its standard input as JSON, its words."""
    aws = folder / "aws"
    aws.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >&2\ncat\n')
    aws.chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin"}
    ran = subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True, check=True)  # noqa: S603 - what a person pastes
    return json.loads(ran.stdout), ran.stderr.decode().split()


def invocation_of(function: str) -> list[str]:
    """Return the words of an invocation; without the longer timeout, the CLI would invoke a second time after 60 s."""
    line = f"lambda invoke --function-name {function} --cli-read-timeout 310 --payload fileb:///dev/stdin /dev/stdout"
    return line.split()


@pytest.mark.parametrize("retrain_job_id", AWKWARD_IDS)
def test_switch_command_hands_over_the_job_and_nothing_else(retrain_job_id: str, tmp_path: Path) -> None:
    """One line; a shell takes an id that came from outside as text, whatever it contains."""
    command = switch_command(retrain_job_id, "stack-switch")
    assert f"{command}\n" in notify(retrain_job_id=retrain_job_id).body

    payload, words = run_in_shell(command, tmp_path)

    assert (payload, words) == ({"retrain_job_id": retrain_job_id}, invocation_of("stack-switch"))


@pytest.mark.parametrize("decision", [{"arrived": "6fd6e9c2-2f0e"}, {"send_again": True}], ids=["arrived", "again"])
@pytest.mark.parametrize("object_uri", ["s3://b/m/ペンギン 1+1 100% 🐧.csv", "s3://b/m/it's; `id`\\n.csv"])
def test_person_is_asked_for_a_decision_with_both_commands(
    object_uri: str, decision: dict[str, Any], tmp_path: Path
) -> None:
    """Each is one line that names the file exactly."""
    job: dict[str, Any] = {"object_uri": object_uri, "retrain_job_id": "6fd6e9c2-2f0e"}
    undecided: dict[str, Any] = {"error_code": "OUTCOME_NEEDS_DECISION", "error_message": "It is too old."}
    notification = notify(status="RETRYING", **GIVEN_UP, **undecided, **job)
    command = resolve_command(sample_job(**job), decision, "stack-upload")

    payload, words = run_in_shell(command, tmp_path)

    assert notification.subject == "Prediction One retrain: your decision needed: penguins"
    assert f"\n{command}\n" in notification.body
    key = {"object_uri": object_uri, "object_version": sample_job()["object_version"]}
    assert (payload, words) == ({"action": "resolve", **key, **decision}, invocation_of("stack-upload"))


def test_message_that_is_no_event_is_told_without_a_file() -> None:
    """Nobody can correct a file; somebody sent something to the queue."""
    notification = notify(status="REJECTED", error_code="UNREADABLE_EVENT", model=None, retrain_job_id=None)

    assert notification.subject == "Prediction One retrain: unreadable message: no model"
    assert "is not an S3 event" in notification.body


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

    subject = subject_line(notification.subject)

    assert subject.endswith(shown)
    assert len(subject) <= MAX_SUBJECT_LENGTH < 100
    assert subject.isascii()
    assert subject.isprintable()
    assert f"Model: {one_line(model or 'no model')}\n" in notification.body


def test_job_without_job_id_or_reason_is_told_of_all_the_same() -> None:
    """An item that somebody changed by hand is no reason to keep silent."""
    assert "Reason: not recorded. (UNEXPECTED)" in notify(status="FAILED", retrain_job_id=None).body
    assert "aws lambda invoke" in notify(retrain_job_id=None).body

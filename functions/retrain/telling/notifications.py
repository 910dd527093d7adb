"""What a person should act on or wait for, in plain sentences: refused, given up, failed, stalled, finished."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from retrain.ledger.status import HiddenState, Status, state_of


@dataclass(frozen=True)
class Notification:
    """An e-mail's subject, of any characters and length, and its text."""

    subject: str
    body: str


@dataclass(frozen=True)
class SwitchInstructions:
    """How a retrained model gets into service.

    Attributes
    ----------
    policy
        `Manual` or `Automatic`.
    function_name
        The function that a person invokes to switch.
    """

    policy: str
    function_name: str


def notification_of(job: Mapping[str, Any], switching: SwitchInstructions) -> Notification | None:
    """Return what to tell people of a job's news, None if nobody need act or wait."""
    state = state_of(job)
    if state not in _TEXTS:
        return None
    headline, sentences = _TEXTS[state]
    model = job.get("model", "no model")
    about = [f"Model: {model}", f"File: {job['object_uri']}", f"Version: {job['object_version']}"]
    if "retrain_job_id" in job:
        about.append(f"Retrain job: {job['retrain_job_id']}")
    body = "\n\n".join([*sentences(job, switching), "\n".join(about)])
    return Notification(f"{headline}: {model}", body + "\n")


def switch_command(retrain_job_id: str, function_name: str) -> str:
    """Return the one line that switches a model; it works with version 1 and 2 of the AWS CLI.

    The payload comes through `fileb://`, which both take as it is: version 2 wants a literal one in Base64.
    """
    payload = shlex.quote(json.dumps({"retrain_job_id": retrain_job_id}))
    invoke = f"aws lambda invoke --function-name {shlex.quote(function_name)}"
    return f"echo {payload} | {invoke} --payload fileb:///dev/stdin /dev/stdout"


def _refused(job: Mapping[str, Any], _: SwitchInstructions) -> list[str]:
    return [
        "This file was refused before anything was sent to Prediction One. No model is retrained on it.",
        _reason(job),
        "What to do: correct the file and land it again.",
    ]


def _given_up(job: Mapping[str, Any], _: SwitchInstructions) -> list[str]:
    return [
        f"This file was given up after {job.get('attempts', 'all')} attempts: it is not tried again by itself.",
        _reason(job),
        "What to do: mend what the reason names, then redrive what was given up, within 14 days of the landing:",
        "aws sqs start-message-move-task --source-arn DEAD_LETTER_QUEUE_ARN --destination-arn UPLOAD_QUEUE_ARN",
        "The queues are the stack's outputs UploadDeadLetterQueueUrl and UploadQueueUrl. Each one's ARN is told by",
        "aws sqs get-queue-attributes --attribute-names QueueArn --queue-url QUEUE_URL",
    ]


def _failed(job: Mapping[str, Any], _: SwitchInstructions) -> list[str]:
    return [
        "Prediction One did not retrain the model on this file. The model in service stays as it is.",
        _reason(job),
        "What to do: mend what the reason names, then land the file again, corrected if the file was at fault.",
    ]


def _stalled(_: Mapping[str, Any], __: SwitchInstructions) -> list[str]:
    return [
        "The model has been in training on this file for longer than MaxTrainingHours.",
        "What to do: look at the model in Prediction One. The job is still watched; how it ends, you will hear.",
    ]


def _no_result(job: Mapping[str, Any], _: SwitchInstructions) -> list[str]:
    return [
        "There has been no result of this file's retraining for longer than MaxTrainingHours.",
        _reason(job),
        "What to do: mend what the reason names. The job is still watched; how it ends, you will hear.",
    ]


def _not_switched(job: Mapping[str, Any], switching: SwitchInstructions) -> list[str]:
    return [
        f"The model has been retrained on this file, but not put into service. {_results(job)}",
        _reason(job),
        "What to do: mend what the reason names. It is then switched by itself, unless the reason says otherwise.",
        "At any time, this one line puts the retrained model into service:",
        switch_command(job.get("retrain_job_id", ""), switching.function_name),
    ]


def _finished(job: Mapping[str, Any], switching: SwitchInstructions) -> list[str]:
    finished = f"The model has been retrained on this file. {_results(job)}"
    if switching.policy == "Automatic":
        return [
            finished,
            "Nothing is to be done: it goes into service by itself, unless newer data's model is there already.",
        ]
    return [
        finished,
        "What to do: look at the results. If they are good, put the retrained model into service with this one line:",
        switch_command(job.get("retrain_job_id", ""), switching.function_name),
    ]


def _results(job: Mapping[str, Any]) -> str:
    return f"Its results are at {job['result_uri']}." if "result_uri" in job else "It left no results file."


def _reason(job: Mapping[str, Any]) -> str:
    return f"Reason: {job.get('error_message', 'none is recorded.')} ({job.get('error_code', 'UNEXPECTED')})"


_TEXTS: dict[str, tuple[str, Callable[[Mapping[str, Any], SwitchInstructions], list[str]]]] = {
    Status.REJECTED: ("Prediction One retrain: file refused", _refused),
    Status.FAILED: ("Prediction One retrain: failed", _failed),
    Status.STALLED: ("Prediction One retrain: still in training", _stalled),
    Status.FINISHED: ("Prediction One retrain: finished", _finished),
    HiddenState.GIVEN_UP: ("Prediction One retrain: given up", _given_up),
    HiddenState.NO_RESULT: ("Prediction One retrain: no result", _no_result),
    HiddenState.NOT_SWITCHED: ("Prediction One retrain: not put into service", _not_switched),
}

"""The e-mails: what happened to which file and model, and what to do next."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from retrain.ledger.status import HiddenState, Status, state_of
from retrain.operator_commands import DEFAULT_STACK_NAME, p1_retrain
from retrain.printable import one_line


@dataclass(frozen=True)
class Notification:
    """An e-mail's subject, of any characters and length, and its text."""

    subject: str
    body: str


@dataclass(frozen=True)
class Instructions:
    """What a person needs to act.

    Attributes
    ----------
    policy
        `Manual` or `Automatic`.
    switch_function_name, upload_function_name
        What a person invokes to make a model live, and to resolve an unknown outcome.
    stack_name
        For `p1-retrain`.
    """

    policy: str
    switch_function_name: str
    upload_function_name: str
    stack_name: str = DEFAULT_STACK_NAME


def notification_of(job: Mapping[str, Any], instructions: Instructions) -> Notification | None:
    """Return the e-mail about a job's change; None if no person needs to act or know."""
    if not (paragraphs := advice_of(job, instructions)):
        return None
    headline, model = _TEXTS[state_of(job)][0], job.get("model", "no model")
    about = [f"Model: {model}", f"File: {job['object_uri']}", f"Version: {job['object_version']}"]
    about += [f"Retrain job: {job['retrain_job_id']}"] if "retrain_job_id" in job else []
    return Notification(f"{headline}: {model}", "\n\n".join([*paragraphs, "\n".join(map(one_line, about))]) + "\n")


def advice_of(job: Mapping[str, Any], instructions: Instructions) -> list[str]:
    """Return what happened to a job and what to do, in paragraphs; empty if no person needs to act or know."""
    text = _TEXTS.get(state_of(job))
    return list(map(one_line, text[1](job, instructions))) if text else []


def switch_command(retrain_job_id: str, function_name: str) -> str:
    """Return the command of the AWS CLI that makes a job's model live."""
    return _invocation({"retrain_job_id": retrain_job_id}, function_name)


def resolve_command(job: Mapping[str, Any], decision: Mapping[str, Any], function_name: str) -> str:
    """Return the command that resolves an upload whose outcome is unknown."""
    key = {name: job[name] for name in ("object_uri", "object_version")}
    return _invocation({"action": "resolve", **key, **decision}, function_name)


def _switch_commands(job: Mapping[str, Any], instructions: Instructions) -> list[str]:
    job_id = job.get("retrain_job_id", "")
    without = switch_command(job_id, instructions.switch_function_name)
    return [p1_retrain(instructions.stack_name, "switch", job_id), "Or, without p1-retrain:", without]


def _invocation(payload: Mapping[str, Any], function_name: str) -> str:
    """Return a command for version 1 and 2 of the AWS CLI.

    The payload comes through `fileb://`, which both read unchanged. Version 2 expects a literal payload in Base64. The
    CLI would wait 60 s for the answer, and then invoke the function again.
    """
    text = shlex.quote(json.dumps(payload, ensure_ascii=False))
    invoke = f"aws lambda invoke --function-name {shlex.quote(function_name)} --cli-read-timeout 310"
    return f"printf %s {text} | {invoke} --payload fileb:///dev/stdin /dev/stdout"


def _refused(job: Mapping[str, Any], _: Instructions) -> list[str]:
    return [
        "We refused this file before sending anything to Prediction One. The model is not retrained on it.",
        _reason(job),
        "What to do: correct the file and land it again.",
    ]


def _given_up(job: Mapping[str, Any], instructions: Instructions) -> list[str]:
    return [
        f"We gave up on this file after {job.get('attempts', 'all')} attempts. It is not retried automatically.",
        _reason(job),
        "What to do: fix the cause, then redrive the file within 14 days after it landed:",
        p1_retrain(instructions.stack_name, "redrive", str(job["object_uri"])),
        "Or redrive all files, without p1-retrain:",
        "aws sqs start-message-move-task --source-arn DEAD_LETTER_QUEUE_ARN --destination-arn UPLOAD_QUEUE_ARN",
        "The queues are the stack's outputs UploadDeadLetterQueueUrl and UploadQueueUrl. To get the ARN of each:",
        "aws sqs get-queue-attributes --attribute-names QueueArn --queue-url QUEUE_URL",
    ]


def _needs_decision(job: Mapping[str, Any], instructions: Instructions) -> list[str]:
    job_id, uri, function_name = job.get("retrain_job_id", ""), job["object_uri"], instructions.upload_function_name
    return [
        "We do not know whether this file arrived at Prediction One. Sent again, it might be trained on twice.",
        _reason(job),
        f"What to do: look at the model in Prediction One. If the retrain job {job_id} is there, or has finished, run:",
        p1_retrain(instructions.stack_name, "resolve", uri, "--arrived", job_id),
        "If it is not there, send the file again:",
        p1_retrain(instructions.stack_name, "resolve", uri, "--send-again"),
        "Without p1-retrain, one of these:",
        resolve_command(job, {"arrived": job_id}, function_name),
        resolve_command(job, {"send_again": True}, function_name),
    ]


def _unreadable(job: Mapping[str, Any], _: Instructions) -> list[str]:
    return [
        "A message in the upload queue is not an S3 event, so we do not know whether a file landed.",
        _reason(job),
        (
            "What to do: find out who sent it. Its text is in the upload function's log, and the message is in the "
            "queue UploadDeadLetterQueueUrl (an output of the stack). If a file has landed, land it again."
        ),
    ]


def _failed(job: Mapping[str, Any], _: Instructions) -> list[str]:
    return [
        "Prediction One did not retrain the model on this file. The live model is unchanged.",
        _reason(job),
        "What to do: fix the cause, then land the file again (corrected, if the file is the cause).",
    ]


def _stalled(_: Mapping[str, Any], __: Instructions) -> list[str]:
    return [
        "Prediction One has been retraining the model on this file for longer than MaxTrainingHours.",
        "What to do: look at the model in Prediction One. We keep checking the job and will e-mail you when it ends.",
    ]


def _no_result(job: Mapping[str, Any], _: Instructions) -> list[str]:
    return [
        "We have had no result of this file's retraining for longer than MaxTrainingHours.",
        _reason(job),
        "What to do: fix the cause. We keep checking the job and will e-mail you when it ends.",
    ]


def _not_switched(job: Mapping[str, Any], instructions: Instructions) -> list[str]:
    return [
        f"The model has been retrained on this file, but the retrained model is not live. {_results(job)}",
        _reason(job),
        "What to do: fix the cause. The model then goes live automatically, unless the reason says otherwise.",
        "To make it live yourself at any time, run:",
        *_switch_commands(job, instructions),
    ]


def _finished(job: Mapping[str, Any], instructions: Instructions) -> list[str]:
    finished = f"The model has been retrained on this file. {_results(job)}"
    if instructions.policy == "Automatic":
        return [
            finished,
            "No action needed: it goes live automatically unless a model trained on newer data is already live.",
        ]
    return [
        finished,
        "What to do: check the results. If they are good, make the retrained model live:",
        *_switch_commands(job, instructions),
    ]


def _results(job: Mapping[str, Any]) -> str:
    return f"Its results are at {job['result_uri']}." if "result_uri" in job else "There is no results file."


def _reason(job: Mapping[str, Any]) -> str:
    return f"Reason: {job.get('error_message', 'not recorded.')} ({job.get('error_code', 'UNEXPECTED')})"


_TEXTS: dict[str, tuple[str, Callable[[Mapping[str, Any], Instructions], list[str]]]] = {
    Status.REJECTED: ("Prediction One retrain: file refused", _refused),
    Status.FAILED: ("Prediction One retrain: failed", _failed),
    Status.STALLED: ("Prediction One retrain: still in training", _stalled),
    Status.FINISHED: ("Prediction One retrain: finished", _finished),
    HiddenState.GIVEN_UP: ("Prediction One retrain: given up", _given_up),
    HiddenState.NEEDS_DECISION: ("Prediction One retrain: your decision needed", _needs_decision),
    HiddenState.UNREADABLE: ("Prediction One retrain: unreadable message", _unreadable),
    HiddenState.NO_RESULT: ("Prediction One retrain: no result", _no_result),
    HiddenState.NOT_SWITCHED: ("Prediction One retrain: not live", _not_switched),
}

"""Least privilege: without any one action of the announce function's policy, news is late, but never lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from local.processes import wait_for
from local.stack import LocalStack
from tests.e2e.policies import UNCHECKED_ACTIONS, allowed_actions, without_action
from tests.listener import Listener

WaitForJob = Callable[..., dict[str, Any]]

# SQS is called only for what SNS refuses, so that one is tried with SNS refusing.
TRIED = {
    "events:PutEvents": (["events:PutEvents"], "EventBridge did not take the event: An error occurred (AccessDenied"),
    "sns:Publish": (["sns:Publish"], "An error occurred (AuthorizationError"),
    "sqs:SendMessage": (["sqs:SendMessage", "sns:Publish"], "Nor did the dead-letter queue: An error occurred (Access"),
}


@pytest.mark.parametrize("action", ["events:PutEvents", "sqs:SendMessage"])
def test_announcement_needs_the_action(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, listener: Listener, action: str
) -> None:
    """Without the action, the log says what was refused; once it is allowed, the news arrives after all."""
    without, refusal = TRIED[action]
    with ExitStack() as policies:  # what was taken last is given back first, so that SNS takes what SQS did not
        for one in without:
            policies.enter_context(without_action(stack, "announce", one))
        uri = stack.land(f"{model}/data.xlsx", b"refused")
        wait_for_job(uri, "REJECTED")
        wait_for("the refusal in the log", lambda: said_in_log(stack, refusal, uri))
        assert listener.notifications_of(uri) == []

    wait_for("the notification", lambda: listener.notifications_of(uri))
    assert listener.steps_of(uri)[-1] == ("UPLOADING", "REJECTED")


def test_notification_needs_the_action(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, listener: Listener
) -> None:
    """Without it, people get no e-mail, and the log says why; programs get their event."""
    (without,), refusal = TRIED["sns:Publish"]
    with without_action(stack, "announce", without):
        uri = stack.land(f"{model}/data.xlsx", b"refused")
        wait_for_job(uri, "REJECTED")
        wait_for("the refusal in the log", lambda: said_in_log(stack, refusal, uri))

    wait_for("the event", lambda: listener.steps_of(uri)[-1:] == [("UPLOADING", "REJECTED")])
    assert listener.notifications_of(uri) == []


def said_in_log(stack: LocalStack, text: str, uri: str) -> bool:
    """Return whether one line of the log says this about the object."""
    return any(text in line and uri in line for line in stack.log_lines())


def test_every_action_is_tried_here(stack: LocalStack) -> None:
    """An action that nobody misses has no place in the policy."""
    assert allowed_actions(stack, "announce") == TRIED.keys() | UNCHECKED_ACTIONS["announce"]

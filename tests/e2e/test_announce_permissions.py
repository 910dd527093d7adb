"""Least privilege: without any one action of the announce function's policy, news is late, but never lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from local.processes import wait_for
from local.stack import LocalStack
from tests.e2e.policies import UNCHECKED_ACTIONS, allowed_actions, without_action
from tests.listener import Listener

TRIED = {
    "events:PutEvents": "EventBridge did not take the event: An error occurred (AccessDenied",
    "sns:Publish": "SNS did not take the notification: An error occurred (AuthorizationError",
}


@pytest.mark.parametrize("action", TRIED)
def test_announcement_needs_the_action(
    stack: LocalStack, model: str, wait_for_job: Callable[..., dict[str, Any]], listener: Listener, action: str
) -> None:
    """Without the action, the log says what was refused; once it is allowed, the news arrives after all."""
    with without_action(stack, "announce", action):
        uri = stack.land(f"{model}/data.xlsx", b"refused")
        wait_for_job(uri, "REJECTED")
        wait_for("the refusal in the log", lambda: said_in_log(stack, TRIED[action], uri))
        assert listener.notifications_of(uri) == []

    wait_for("the notification", lambda: listener.notifications_of(uri))
    assert listener.steps_of(uri)[-1] == ("UPLOADING", "REJECTED")


def said_in_log(stack: LocalStack, text: str, uri: str) -> bool:
    """Return whether one line of the log says this about the object."""
    return any(text in line and uri in line for line in stack.log_lines())


def test_every_action_is_tried_here(stack: LocalStack) -> None:
    """An action that nobody misses has no place in the policy."""
    assert allowed_actions(stack, "announce") == TRIED.keys() | UNCHECKED_ACTIONS["announce"]

"""Each command as a viewer and as an operator: a missing right is named, and no right is there without a need."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from local.processes import wait_for
from local.rotation import store_account
from local.stack import LocalStack
from retrain.landing.envelopes import object_created_event
from tests.e2e.command_line.conftest import OPERATOR, VIEWER, Terminal, credentials, statements_of
from tests.e2e.tracking.tracking import begin, finish, invoke, make_due, schedule_paused

LOOKING = {
    "cloudformation:DescribeStacks": "keys",
    "dynamodb:Query": "files {model}",
    "dynamodb:Scan": "status",
    "sqs:GetQueueAttributes": "status",
    "sqs:ReceiveMessage": "dead-letters",
    "s3:GetBucketNotification": "status",
    "s3:ListBucketVersions": "why {uri}-not-there.csv",
    "lambda:GetFunctionConfiguration": "status",
    "logs:FilterLogEvents": "why {uri}",
    "cloudwatch:DescribeAlarms": "status",
    "cloudwatch:GetMetricStatistics": "costs",
    "secretsmanager:ListSecrets": "keys",
}
"""A command that cannot do without each of the viewer's actions."""

ACTING = {
    "sqs:SendMessage": "redrive --yes",
    "sqs:DeleteMessage": "redrive --yes",
    "lambda:InvokeFunction": "switch {job} --yes",
    "secretsmanager:CreateSecret": "keys add {model}-new --model-id 1 --yes",
    "secretsmanager:RotateSecret": "keys add {model}-newer --model-id 1 --yes",
}
"""The same of the operator's."""


@pytest.fixture(scope="module")
def words(stack: LocalStack) -> Iterator[dict[str, str]]:
    """Give the names of a finished file and its job, while a dead letter waits."""
    model = f"model-{uuid.uuid4().hex[:8]}"
    stack.add_model(model)
    store_account(stack)
    with schedule_paused(stack):
        job = begin(stack, model)
        finish(stack, job)
        make_due(stack, job)
        invoke(stack, "Track")
        version = {"version_id": job["object_version"], "etag": "e", "sequencer": "s"}
        file = {"key": f"{model}/data.csv", "size_bytes": 1, "landed_at": job["landed_at"], **version}
        event = json.dumps(object_created_event(stack.outputs["LandingBucketName"], file))
        dead_letters = stack.outputs["UploadDeadLetterQueueUrl"]
        stack.aws.client("sqs").send_message(QueueUrl=dead_letters, MessageBody=event)
        yield {"uri": job["object_uri"], "job": job["retrain_job_id"], "model": model}
        stack.aws.client("sqs").purge_queue(QueueUrl=dead_letters)


def reduced(stack: LocalStack, action: str, *policies: str) -> list[dict[str, object]]:
    """Return the policies' statements without one action."""
    return [*statements_of(stack, *policies), {"Effect": "Deny", "Action": action, "Resource": "*"}]


@pytest.mark.parametrize("action", LOOKING)
def test_missing_action_of_a_viewer_is_named(
    stack: LocalStack, terminal: Callable[[dict[str, str]], Terminal], words: dict[str, str], action: str
) -> None:
    """With the output that has the policy."""
    command = LOOKING[action].format(**words).split()
    with credentials(stack, "reduced", reduced(stack, action, VIEWER)) as environment:
        exit_status, printed = terminal(environment).run(*command)

    assert exit_status == 2
    assert f"You may not do {action}." in printed
    assert "ViewerPolicyArn to look" in printed


@pytest.mark.parametrize("action", ACTING)
def test_missing_action_of_an_operator_is_named(
    stack: LocalStack, terminal: Callable[[dict[str, str]], Terminal], words: dict[str, str], action: str
) -> None:
    """A viewer lacks it, and so does an operator from whom it is taken away."""
    command = ACTING[action].format(**words).split()
    for name, statements in (
        ("viewing", statements_of(stack, VIEWER)),
        ("reduced", reduced(stack, action, VIEWER, OPERATOR)),
    ):
        with credentials(stack, name, statements) as environment:
            person = terminal(environment)
            # A look hides a dead letter for 2 s, and without one there is nothing to do.
            printed = wait_for("the refusal", partial(_refusal, person, command))
        assert "You may not do " in printed
    assert action in printed


def _refusal(person: Terminal, command: list[str]) -> str | None:
    exit_status, printed = person.run(*command)
    return printed if exit_status == 2 else None


def test_every_action_of_the_policies_is_tried_here(stack: LocalStack) -> None:
    """An action that no command misses has no place in them."""
    for output, tried in ((VIEWER, LOOKING), (OPERATOR, ACTING)):
        listed = [statement["Action"] for statement in statements_of(stack, output)]
        assert {one for actions in listed for one in ([actions] if isinstance(actions, str) else actions)} == {*tried}

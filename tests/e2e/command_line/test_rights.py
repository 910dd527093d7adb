"""Each command as a viewer and as an operator: enough rights, and none too many; what is missing is named."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from local.rotation import store_account
from local.stack import LocalStack
from tests.e2e.command_line.people import OPERATOR, VIEWER, Person, actions_in, person, statements_of, without
from tests.e2e.tracking.tracking import begin, finish, invoke, make_due, schedule_paused

URI, JOB, MODEL = "{uri}", "{job}", "{model}"
"""In a command: a file whose results are stored, its retrain job, and its model."""

NOT_THERE = "{uri}-not-there"

READING = {
    "cloudformation:DescribeStacks": ("keys",),
    "dynamodb:Query": ("files", MODEL),
    "dynamodb:GetItem": ("why", URI),
    "dynamodb:Scan": ("status",),
    "sqs:GetQueueAttributes": ("dead-letters",),
    "sqs:ReceiveMessage": ("dead-letters",),
    "lambda:GetFunctionConfiguration": ("status",),
    "lambda:ListEventSourceMappings": ("status",),
    "events:DescribeRule": ("status",),
    "s3:GetBucketNotification": ("status",),
    "s3:ListBucketVersions": ("why", NOT_THERE),
    "secretsmanager:ListSecrets": ("keys",),
    "cloudwatch:DescribeAlarms": ("status",),
    "cloudwatch:GetMetricData": ("keys",),
    "cloudwatch:GetMetricStatistics": ("costs", "--days", "1"),
    "logs:FilterLogEvents": ("why", URI),
}
"""A command that cannot do without each of the viewer's actions."""

ACTING = {
    "sqs:SendMessage": ("redrive", "--yes"),
    "sqs:DeleteMessage": ("redrive", "--yes"),
    "lambda:InvokeFunction": ("switch", JOB, "--yes"),
    "secretsmanager:CreateSecret": ("keys", "add", "{model}-new", "--model-id", "1", "--yes"),
    "secretsmanager:RotateSecret": ("keys", "rotate", MODEL, "--yes"),
}
"""The same of the operator's."""

DASHBOARD = {"lambda:InvokeFunction", "cloudwatch:GetDashboard", "cloudwatch:ListMetrics"}
"""What CloudWatch's console needs of a viewer to show the dashboard. No command does; tests/e2e/page tries one."""

UNTRIED = {
    VIEWER: {
        "sqs:ChangeMessageVisibility",
        *DASHBOARD,
    },  # without it, letters are visible again after a minute instead of at once
    OPERATOR: {"sqs:StartMessageMoveTask"},  # MiniStack does not know it; without it, letters are moved one by one
}


@pytest.fixture(scope="module")
def words(stack: LocalStack) -> Iterator[dict[str, str]]:
    """Give the names of a finished file, while a dead letter waits."""
    model = f"model-{uuid.uuid4().hex[:8]}"
    stack.add_model(model)
    store_account(stack)
    sqs = stack.aws.client("sqs")
    sqs.send_message(QueueUrl=stack.outputs["UploadDeadLetterQueueUrl"], MessageBody="no event")
    with schedule_paused(stack):
        job = begin(stack, model, "ペンギン 1+1")
        finish(stack, job)
        make_due(stack, job)
        invoke(stack, "Track")
        yield {"uri": job["object_uri"], "job": job["retrain_job_id"], "model": model}
    for output in ("UploadDeadLetterQueueUrl", "UploadQueueUrl"):
        sqs.purge_queue(QueueUrl=stack.outputs[output])


def filled_in(command: tuple[str, ...], words: dict[str, str]) -> list[str]:
    """Return a command with the file's names."""
    return [part.format(**words) for part in command]


@pytest.mark.parametrize("command", [*dict.fromkeys(READING.values()), *dict.fromkeys(ACTING.values())])
def test_viewer_looks_and_does_not_act(viewer: Person, words: dict[str, str], command: tuple[str, ...]) -> None:
    """A viewer gets the answer, or hears which action of the operator's is missing."""
    answer = viewer.run(*filled_in(command, words))

    refused = "You may not do" in answer.text
    assert refused == (command in ACTING.values()), answer
    assert not refused or (answer.status == 2 and "OperatorPolicyArn" in answer.text)


@pytest.mark.parametrize("action", READING)
def test_missing_action_of_a_viewer_is_named(stack: LocalStack, words: dict[str, str], action: str) -> None:
    """With the output that has the policy."""
    with person(stack, "reduced", without(statements_of(stack, VIEWER), action)) as somebody:
        answer = somebody.run(*filled_in(READING[action], words))

    assert f"You may not do {action}: ask for the policy in the stack's output ViewerPolicyArn." in answer.text


@pytest.mark.parametrize("action", ACTING)
def test_missing_action_of_an_operator_is_named(stack: LocalStack, words: dict[str, str], action: str) -> None:
    """With the output that has the policy."""
    with person(stack, "reduced", without(statements_of(stack, VIEWER, OPERATOR), action)) as somebody:
        answer = somebody.run(*filled_in(ACTING[action], words))

    assert answer.status == 2
    assert f"You may not do {action}: ask for the policy in the stack's output OperatorPolicyArn." in answer.text


@pytest.mark.parametrize("command", list(dict.fromkeys(ACTING.values())))
def test_operator_acts(operator: Person, words: dict[str, str], command: tuple[str, ...]) -> None:
    """With both policies, every command that changes something does what it says."""
    answer = operator.run(*filled_in(command, words))

    assert answer.status == 0, answer


def test_every_action_of_the_policies_is_tried_here(stack: LocalStack) -> None:
    """An action that no command misses has no place in them."""
    assert actions_in(statements_of(stack, VIEWER)) == {*READING} | UNTRIED[VIEWER]
    assert actions_in(statements_of(stack, OPERATOR)) == {*ACTING} | UNTRIED[OPERATOR]


def test_stack_that_is_not_there_is_told(viewer: Person) -> None:
    """A viewer may not even ask for another one; whoever may hears that there is none."""
    denied = viewer.run("status", "--stack", "no-such-stack")
    aws = viewer.stack.aws.environment
    unknown = Person(viewer.stack, "root", aws["AWS_ACCESS_KEY_ID"], aws["AWS_SECRET_ACCESS_KEY"]).run(
        "status", "--stack", "no-such-stack"
    )

    assert (denied.status, unknown.status) == (2, 2)
    assert "There is no stack no-such-stack in us-east-1" in unknown.text
    assert "no-such-stack" in denied.text


def test_nothing_is_changed_without_yes(operator: Person, words: dict[str, str]) -> None:
    """Where nobody can be asked, a command says what it would do."""
    for command in dict.fromkeys(ACTING.values()):
        answer = operator.run(*filled_in(command[:-1], words))

        assert answer.status == 2 or command[0] == "redrive"
        assert "Nothing was changed. This would" in answer.text or "no dead letters" in answer.text

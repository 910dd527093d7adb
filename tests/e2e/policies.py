"""The deployed roles' policies, and how to take one action out of one of them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.stack import LocalStack

# MiniStack checks the calls that a function makes. It does not check what Lambda itself does under the role: taking
# messages and stream records, telling of what it gave up, writing logs and traces.
_LOGS_AND_TRACES = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}
_KEY_OF_THE_TOPIC = {"kms:Decrypt", "kms:GenerateDataKey"}  # it publishes to an encrypted topic without asking
UNCHECKED_ACTIONS = {
    "upload": _LOGS_AND_TRACES | {"sqs:GetQueueAttributes"},
    "announce": _LOGS_AND_TRACES
    | _KEY_OF_THE_TOPIC
    | {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    },
    "track": _LOGS_AND_TRACES,
    "switch": _LOGS_AND_TRACES,
    "rotate": _LOGS_AND_TRACES,
    "watch": _LOGS_AND_TRACES | _KEY_OF_THE_TOPIC,
    "reconcile": _LOGS_AND_TRACES | _KEY_OF_THE_TOPIC,
    "page": _LOGS_AND_TRACES,
}


def policy_of(stack: LocalStack, function: str) -> dict[str, Any]:
    """Return the own policy of a function's role, named as the function's output, for example `upload`."""
    found = stack.aws.client("iam").get_role_policy(RoleName=_role_name(stack, function), PolicyName=function)
    policy: dict[str, Any] = found["PolicyDocument"]
    return policy


def allowed_actions(stack: LocalStack, function: str) -> set[str]:
    """Return every action that a function's role allows, by its own policy and by the one that all roles share."""
    statements = [*policy_of(stack, function)["Statement"], *_shared_statements(stack, function)]
    allowed = [statement["Action"] for statement in statements if statement["Effect"] == "Allow"]
    return {action for listed in allowed for action in ([listed] if isinstance(listed, str) else listed)}


def is_allowed(stack: LocalStack, function: str, action: str, resource_arn: str) -> bool:
    """Return whether a function may do this to that."""
    name = stack.outputs[f"{function.capitalize()}FunctionName"]
    role = stack.aws.client("lambda").get_function_configuration(FunctionName=name)["Role"]
    answer = stack.aws.client("iam").simulate_principal_policy(
        PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource_arn]
    )
    return [result["EvalDecision"] for result in answer["EvaluationResults"]] == ["allowed"]


@contextmanager
def without_action(stack: LocalStack, function: str, action: str) -> Iterator[None]:
    """Take one action out of a function's deployed policy for a while."""
    whole = policy_of(stack, function)
    reduced = copy.deepcopy(whole)
    for statement in reduced["Statement"]:
        if statement["Effect"] == "Allow":
            listed = statement["Action"]
            kept = [one for one in ([listed] if isinstance(listed, str) else listed) if one != action]
            statement["Action"] = kept or ["none:None"]
    _put_policy(stack, function, reduced)
    try:
        yield
    finally:
        _put_policy(stack, function, whole)


def _shared_statements(stack: LocalStack, function: str) -> list[dict[str, Any]]:
    iam = stack.aws.client("iam")
    (attached,) = iam.list_attached_role_policies(RoleName=_role_name(stack, function))["AttachedPolicies"]
    policy = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]
    version = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=policy["DefaultVersionId"])
    statements: list[dict[str, Any]] = version["PolicyVersion"]["Document"]["Statement"]
    return statements


def _role_name(stack: LocalStack, function: str) -> str:
    name = stack.outputs[f"{function.capitalize()}FunctionName"]
    role: str = stack.aws.client("lambda").get_function_configuration(FunctionName=name)["Role"]
    return role.rsplit("/", 1)[-1]


def _put_policy(stack: LocalStack, function: str, policy: dict[str, Any]) -> None:
    stack.aws.client("iam").put_role_policy(
        RoleName=_role_name(stack, function), PolicyName=function, PolicyDocument=json.dumps(policy)
    )

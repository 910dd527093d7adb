"""What stops a command: one sentence for a person, with the next step. Nothing is raised to the terminal as it is."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOTokenLoadError,
    TokenRetrievalError,
)

from retrain.errors import RetrainError

_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    SSOTokenLoadError,
    TokenRetrievalError,
)
_ENDED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN_IDENTITY = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
}
_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "403"}

_ACTION_IN_TEXT = re.compile(r"perform: ([a-z0-9-]+:\w+)")

ACTIONS = {
    "DescribeStacks": "cloudformation:DescribeStacks",
    "Query": "dynamodb:Query",
    "GetItem": "dynamodb:GetItem",
    "Scan": "dynamodb:Scan",
    "GetQueueAttributes": "sqs:GetQueueAttributes",
    "ReceiveMessage": "sqs:ReceiveMessage",
    "ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "SendMessage": "sqs:SendMessage",
    "DeleteMessage": "sqs:DeleteMessage",
    "StartMessageMoveTask": "sqs:StartMessageMoveTask",
    "GetFunctionConfiguration": "lambda:GetFunctionConfiguration",
    "ListEventSourceMappings": "lambda:ListEventSourceMappings",
    "Invoke": "lambda:InvokeFunction",
    "DescribeRule": "events:DescribeRule",
    "GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListSecrets": "secretsmanager:ListSecrets",
    "CreateSecret": "secretsmanager:CreateSecret",
    "RotateSecret": "secretsmanager:RotateSecret",
    "DescribeAlarms": "cloudwatch:DescribeAlarms",
    "GetMetricData": "cloudwatch:GetMetricData",
    "GetMetricStatistics": "cloudwatch:GetMetricStatistics",
    "FilterLogEvents": "logs:FilterLogEvents",
}
"""The IAM action of every API operation that is called here: AWS's text does not always name it."""

ACTING = frozenset(
    {
        "sqs:SendMessage",
        "sqs:DeleteMessage",
        "sqs:StartMessageMoveTask",
        "lambda:InvokeFunction",
        "secretsmanager:CreateSecret",
        "secretsmanager:RotateSecret",
    }
)
"""The actions that only the operator's policy allows; the viewer's policy allows all others."""


class CommandFailed(Exception):  # noqa: N818 - it is the end of a command, told as its text
    """The command could not find out, or could not do, what was asked. Its text is one sentence with the next step."""


def sentence_of(error: BaseException) -> str:
    """Return what a person reads about an error."""
    if isinstance(error, CommandFailed):
        return str(error)
    for cause in _causes(error):
        if isinstance(cause, ClientError):
            return _of_answer(cause)
        if isinstance(cause, BotoCoreError):
            return _of_connection(cause)
    if isinstance(error, RetrainError):
        return str(error)
    where = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"This is a defect in p1-retrain ({type(error).__name__} at {where.filename}:{where.lineno}): report it, and "
        "use the AWS CLI lines of docs/runbook.md meanwhile."
    )


def is_denied(error: BaseException) -> bool:
    """Return whether a permission is missing."""
    return any(isinstance(cause, ClientError) and _code(cause) in _DENIED for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _of_answer(error: ClientError) -> str:
    code, message = _code(error), str(error.response.get("Error", {}).get("Message", ""))
    if code in _DENIED:
        found = _ACTION_IN_TEXT.search(message)
        action = found[1] if found else ACTIONS.get(error.operation_name, error.operation_name)
        policy = "OperatorPolicyArn" if action in ACTING else "ViewerPolicyArn"
        return f"You may not do {action}: ask for the policy in the stack's output {policy}."
    if code in _ENDED:
        return "Your AWS credentials have expired: sign in again, for example with `aws sso login`."
    if code in _UNKNOWN_IDENTITY:
        return "AWS does not know these credentials: check them with `aws sts get-caller-identity`."
    refusal = f"AWS refused {error.operation_name} ({code}: {message.rstrip('.')})"
    return f"{refusal}: repeat the command, or look at https://health.aws.amazon.com."


def _of_connection(error: BotoCoreError) -> str:
    if isinstance(error, _NO_CREDENTIALS):
        return "No AWS credentials were found: sign in with `aws sso login` or set --profile (or AWS_PROFILE)."
    if isinstance(error, NoRegionError):
        return "No AWS region is set: add --region, for example --region ap-northeast-1 (or set AWS_REGION)."
    if isinstance(error, ProfileNotFound):
        return f"{str(error).rstrip('.')}: `aws configure list-profiles` lists those there are."
    if isinstance(error, EndpointConnectionError | HTTPClientError):
        return f"AWS cannot be reached ({type(error).__name__}): check the network, --region and AWS_ENDPOINT_URL."
    return f"{str(error).rstrip('.')}: check the AWS configuration with `aws sts get-caller-identity`."

"""Each role and each service may do with the user's key what its work needs, and nothing else.

What is needed follows from what a role does with data: a new call to AWS asks here for its right to the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.key_policy import KEY, allowed_to_role, allowed_to_service, documented_policy
from tests.template import ACCOUNT, REGION, STACK, FilledIn

PLAIN, WITH_KEY = FilledIn(), FilledIn(KmsKeyArn=KEY)

READ = {"kms:Decrypt"}
WRITE = {"kms:Decrypt", "kms:GenerateDataKey"}

NEEDS: dict[str, tuple[str, set[str]]] = {
    # "Encryption at rest usage notes": DynamoDB decrypts the table key for whoever accesses the table, and generates it
    # by its grants. The stream is encrypted with the same key.
    **dict.fromkeys(
        (f"dynamodb:{one}Item" for one in ("BatchGet", "Delete", "Get", "Update")),
        ("dynamodb", READ),
    ),
    **dict.fromkeys(("dynamodb:Query", "dynamodb:Scan", "dynamodb:GetRecords"), ("dynamodb", READ)),
    # "Amazon SQS key management": producers and consumers; a redrive does both.
    "sqs:ReceiveMessage": ("sqs", READ),
    "sqs:SendMessage": ("sqs", WRITE),
    "sqs:StartMessageMoveTask": ("sqs", WRITE),
    # "Managing Amazon SNS encryption keys and costs": the publisher.
    "sns:Publish": ("sns", WRITE),
    # "Secret encryption and decryption in AWS Secrets Manager".
    "secretsmanager:GetSecretValue": ("secretsmanager", READ),
    "secretsmanager:PutSecretValue": ("secretsmanager", WRITE),
    "secretsmanager:CreateSecret": ("secretsmanager", WRITE),
    # "Using server-side encryption with AWS KMS keys (SSE-KMS)": a multipart upload needs both.
    "s3:GetObject": ("s3", READ),
    "s3:GetObjectVersion": ("s3", READ),
    "s3:PutObject": ("s3", WRITE),
    # "Encrypt log data in CloudWatch Logs using AWS KMS", step 2; for writers, CloudWatchLogsAPIKeyAccess's actions.
    "logs:PutLogEvents": ("logs", WRITE | {"kms:DescribeKey"}),
    "logs:FilterLogEvents": ("logs", READ),
}
"""Through which service an action uses the key, and what it does with it. The pages are AWS's own."""

NEED_NO_KEY = {
    *("dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
    *("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    *("secretsmanager:DescribeSecret", "secretsmanager:ListSecrets", "secretsmanager:RotateSecret"),
    "secretsmanager:UpdateSecretVersionStage",
    *("s3:AbortMultipartUpload", "s3:GetBucketNotification", "s3:ListBucket", "s3:ListBucketVersions"),
    *("logs:CreateLogStream", "events:PutEvents", "events:DescribeRule", "cloudformation:DescribeStacks"),
    *("cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:GetMetricData"),
    *("cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics", "xray:PutTelemetryRecords", "xray:PutTraceSegments"),
    # Without the key, Lambda describes a function without its variables, which nothing looks at.
    *("lambda:GetFunctionConfiguration", "lambda:InvokeFunction", "lambda:ListEventSourceMappings"),
}

SERVICES = ("dynamodb", "lambda", "logs", "s3", "secretsmanager", "sns", "sqs")

PRINCIPALS = [name for name in WITH_KEY.resources if name.endswith("FunctionRole")] + ["ViewerPolicy", "OperatorPolicy"]


def policies_of(template: FilledIn, principal: str) -> list[Mapping[str, Any]]:
    """Return the policies of a role, attached ones included, or of the people who have one."""
    policies = {name: of["PolicyDocument"] for name, of in template.of_type("AWS::IAM::ManagedPolicy").items()}
    if principal in policies:
        return [policies[principal]]
    role = template.of_type("AWS::IAM::Role")[principal]
    own = [one["PolicyDocument"] for one in role["Policies"]]
    return own + [policies[name] for name in role["ManagedPolicyArns"]]


def allowed_actions(policies: list[Mapping[str, Any]]) -> set[str]:
    """Return every action that policies allow."""
    allowed = [one["Action"] for policy in policies for one in policy["Statement"] if one["Effect"] == "Allow"]
    return {action for listed in allowed for action in ([listed] if isinstance(listed, str) else listed)}


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_principal_may_do_with_the_key_what_its_work_needs(principal: str) -> None:
    """Through each service exactly that, by its own policies and by the documented key policy; directly, nothing."""
    policies = policies_of(WITH_KEY, principal)
    work = {action for action in allowed_actions(policies) if not action.startswith("kms:")}
    needed: dict[str, set[str]] = {service: set() for service in SERVICES}
    for action in work - NEED_NO_KEY:
        service, key_actions = NEEDS[action]
        needed[service] |= key_actions

    assert {service: allowed_to_role(policies, service) for service in SERVICES} == needed
    assert allowed_to_role(policies, None) == set()


@pytest.mark.parametrize("template", [PLAIN, WITH_KEY], ids=["plain", "with key"])
@pytest.mark.parametrize("principal", PRINCIPALS)
def test_policy_names_one_key_and_the_actions(template: FilledIn, principal: str) -> None:
    """No `kms:*`, no other key, and never without the service that it goes through."""
    statements = [one for policy in policies_of(template, principal) for one in policy["Statement"]]
    of_keys = [one for one in statements if "kms:" in str(one["Action"])]

    assert {one["Resource"] for one in of_keys} <= {KEY if template is WITH_KEY else "NotificationKey.Arn"}
    assert "*" not in "".join(str(one["Action"]) for one in of_keys)
    assert all("kms:ViaService" in one["Condition"]["StringEquals"] for one in of_keys)


def test_whoever_deploys_may_do_what_tables_and_functions_need() -> None:
    """With every right in IAM, somebody may use the key through these services only, and administer it directly."""
    all_rights = [{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}]
    used = {"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"}
    used |= {f"kms:GenerateDataKey{kind}" for kind in ("", "Pair", "PairWithoutPlaintext", "WithoutPlaintext")}
    administration = {"kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"}

    through = {service: allowed_to_role(all_rights, service) - administration for service in (*SERVICES, "ec2")}

    granting = dict.fromkeys(("dynamodb", "lambda"), (used - administration) | {"kms:CreateGrant"})
    assert through == dict.fromkeys(SERVICES, used - administration) | granting | {"ec2": set()}
    assert allowed_to_role(all_rights, None) == administration


def test_services_that_act_by_themselves_may_use_the_key() -> None:
    """EventBridge for landed files, CloudWatch for every alarm, CloudWatch Logs for every log group."""
    logs_principal = f"logs.{REGION}.amazonaws.com"
    alarms = [of["AlarmName"] for of in WITH_KEY.of_type("AWS::CloudWatch::Alarm").values()]
    groups = [of["LogGroupName"] for of in WITH_KEY.of_type("AWS::Logs::LogGroup").values()]

    assert allowed_to_service("events.amazonaws.com") >= WRITE
    for alarm in alarms:
        assert allowed_to_service("cloudwatch.amazonaws.com", **alarm_context(alarm)) >= WRITE
    for group in groups:
        assert allowed_to_service(logs_principal, **log_context(group)) >= WRITE | {"kms:Encrypt", "kms:ReEncryptTo"}


def test_other_services_and_other_stacks_may_not() -> None:
    """Nor may those that act do more than they need."""
    via_logs = allowed_to_service(f"logs.{REGION}.amazonaws.com", **log_context(f"/aws/lambda/{STACK}/upload"))

    assert allowed_to_service("cloudwatch.amazonaws.com", **alarm_context("other-stack-TrackErrors")) == set()
    assert allowed_to_service("cloudwatch.amazonaws.com") == set()
    assert allowed_to_service(f"logs.{REGION}.amazonaws.com", **log_context("/aws/lambda/other-stack/upload")) == set()
    assert allowed_to_service("s3.amazonaws.com") == set()
    assert allowed_to_service("events.amazonaws.com") == WRITE
    assert not {"kms:CreateGrant", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"} & via_logs
    assert {next(iter(of["Principal"].values())) for of in documented_policy()["Statement"]} == {
        f"arn:aws:iam::{ACCOUNT}:root",
        "events.amazonaws.com",
        "cloudwatch.amazonaws.com",
        f"logs.{REGION}.amazonaws.com",
    }


def alarm_context(alarm: str) -> dict[str, str]:
    """Return what CloudWatch's call says of the alarm that it publishes."""
    return {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{alarm}"}


def log_context(group: str) -> dict[str, str]:
    """Return what CloudWatch Logs' call says of the log group whose data it encrypts."""
    return {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"}

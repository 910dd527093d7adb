"""A stack that gets a KMS key of its user's: it goes on as before, and whatever can be asked says that it has the key.

Part of `make soak`. MiniStack checks key and IAM policies of calls to KMS, and of these only: it does not ask KMS for
what it stores, so a role's missing right to the key would not be noticed here (tests/unit/test_key_policy.py looks at
that). Its CloudFormation ignores the key of a topic, a bucket and a function, and of a table that it creates, so
describing them would say nothing (tests/unit/test_encryption.py looks at the template).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.ministack import REGION
from local.processes import wait_for
from local.rotation import store_account
from local.stack import STACK_NAME, LocalStack
from p1_retrain.stack import FUNCTIONS
from tests.e2e.command_line.people import OPERATOR, VIEWER, person, statements_of
from tests.e2e.tracking.tracking import begin, finish, invoke, item, make_due
from tests.key_policy import documented_policy
from tests.listener import Listener
from tests.template import ACCOUNT

LOCAL_ACCOUNT = "000000000000"
QUEUES = ("UploadQueueUrl", "UploadDeadLetterQueueUrl", "AnnounceDeadLetterQueueUrl")
REPLACED_BY_NOTHING = ("JobsTableName", "ModelsTableName", "LandingBucketName", "ResultsBucketName", *QUEUES)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Give a stack without the key."""
    parameters = {"SettleMinutes": "0.05", "SwitchPolicy": "Automatic"}
    with LocalStack(tmp_path_factory.mktemp("own_key"), parameters, training_seconds=3600) as running:
        yield running


@pytest.fixture(scope="module")
def key(stack: LocalStack) -> str:
    """Give the stack a key with the documented policy, and return its ARN; a file is in training meanwhile."""
    policy = json.dumps(documented_policy()).replace(ACCOUNT, LOCAL_ACCOUNT)
    made: str = stack.aws.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    stack.add_model("before")
    before, names = begin(stack, "before"), {name: stack.outputs[name] for name in REPLACED_BY_NOTHING}

    stack.change_parameters(KmsKeyArn=made)

    assert {name: stack.outputs[name] for name in REPLACED_BY_NOTHING} == names
    assert item(stack, before)["status"] == "TRAINING"
    return made


def test_everything_that_says_so_has_the_key(stack: LocalStack, key: str) -> None:
    """Tables, queues and logs; the key that the stack made for its topic is about to be deleted."""
    sqs, tables, kms = (stack.aws.client(name) for name in ("sqs", "dynamodb", "kms"))
    queues = [
        sqs.get_queue_attributes(QueueUrl=stack.outputs[name], AttributeNames=["All"])["Attributes"] for name in QUEUES
    ]
    described = [tables.describe_table(TableName=stack.outputs[f"{one}TableName"]) for one in ("Jobs", "Models")]
    groups = stack.aws.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{STACK_NAME}/")
    others = [one["KeyArn"] for one in kms.list_keys()["Keys"] if one["KeyArn"] != key]

    assert [(one.get("KmsMasterKeyId"), one["SqsManagedSseEnabled"]) for one in queues] == [(key, "false")] * 3
    assert [one["Table"]["SSEDescription"]["KMSMasterKeyArn"] for one in described] == [key] * 2
    assert [one.get("kmsKeyId") for one in groups["logGroups"]] == [key] * len(FUNCTIONS)
    assert [kms.describe_key(KeyId=other)["KeyMetadata"]["KeyState"] for other in others] in ([], ["PendingDeletion"])


def test_file_goes_all_the_way(stack: LocalStack, key: str) -> None:
    """From a secret under the key to the live model and the e-mail."""
    stack.add_model("penguins")
    stack.aws.client("secretsmanager").update_secret(SecretId="prediction-one/penguins", KmsKeyId=key)
    with Listener(stack.aws, stack.outputs["NotificationTopicArn"]) as listener:
        job = begin(stack, "penguins")
        finish(stack, job)
        make_due(stack, job)
        invoke(stack, "Track")

        live = item(stack, job)
        assert (live["status"], live["in_service"]) == ("SWITCHED", True)
        wait_for("the e-mail", lambda: listener.notifications_of(job["object_uri"]))


def test_people_keep_their_commands(stack: LocalStack, key: str) -> None:
    """A viewer's answers, and an operator's new model, whose secret is under the key."""
    store_account(stack)
    with (
        person(stack, "viewer", statements_of(stack, VIEWER)) as viewer,
        person(stack, "operator", statements_of(stack, VIEWER, OPERATOR)) as operator,
    ):
        costs = viewer.told("costs", "--days", "1")["at_rest_month"]
        added = operator.run("keys", "add", "new", "--model-id", "1", "--yes")

    assert "KMS key" not in {cost["component"] for cost in costs}
    assert added.status == 0, added
    secret = stack.aws.client("secretsmanager").describe_secret(SecretId="prediction-one/new")
    assert secret["KmsKeyId"] == key


def refusals(stack: LocalStack, key: str, **credentials: str) -> list[str]:
    """Return how direct calls with somebody's rights end."""
    secret = stack.aws.client("kms").encrypt(KeyId=key, Plaintext=b"text")["CiphertextBlob"]
    connection = {"endpoint_url": stack.aws.endpoint_url, "verify": str(stack.aws.ca_bundle), "region_name": REGION}
    kms: Any = boto3.client("kms", **connection, **credentials)  # type: ignore[call-overload]
    me, codes = f"arn:aws:iam::{LOCAL_ACCOUNT}:root", []
    calls: list[Callable[[], object]] = [
        lambda: kms.decrypt(CiphertextBlob=secret, KeyId=key),
        lambda: kms.generate_data_key(KeyId=key, KeySpec="AES_256"),
        lambda: kms.encrypt(KeyId=key, Plaintext=b"text"),
        lambda: kms.create_grant(KeyId=key, GranteePrincipal=me, Operations=["Decrypt"]),
        lambda: kms.describe_key(KeyId=key),
    ]
    for call in calls:
        try:
            call()
            codes.append("allowed")
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
    return codes


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_uses_the_key_itself(stack: LocalStack, key: str, function: str) -> None:
    """Whoever has a role's rights decrypts nothing past the service that encrypted it."""
    name = stack.outputs[f"{function.capitalize()}FunctionName"]
    role = stack.aws.client("lambda").get_function_configuration(FunctionName=name)["Role"]
    lent = stack.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="somebody")["Credentials"]

    ends = refusals(
        stack,
        key,
        aws_access_key_id=lent["AccessKeyId"],
        aws_secret_access_key=lent["SecretAccessKey"],
        aws_session_token=lent["SessionToken"],
    )

    assert ends == ["AccessDeniedException"] * 5


@pytest.mark.parametrize("name", ["operator", "administrator"])
def test_nobody_uses_the_key_itself(stack: LocalStack, key: str, name: str) -> None:
    """Not even whoever has every right in IAM, and so administers the key."""
    everything = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    statements = everything if name == "administrator" else statements_of(stack, VIEWER, OPERATOR)

    with person(stack, name, statements) as somebody:
        own = {"aws_access_key_id": somebody.access_key_id, "aws_secret_access_key": somebody.secret_access_key}
        ends = refusals(stack, key, **own)

    described = "allowed" if name == "administrator" else "AccessDeniedException"
    assert ends == ["AccessDeniedException"] * 4 + [described]

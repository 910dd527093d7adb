"""docs/security.md's commands delete everything, as they stand there, with the AWS CLI. Part of `make soak`."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.processes import wait_for
from local.rotation import store_account
from local.stack import LocalStack
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "security.md").read_text()
SECTION = PAGE.partition("\n## Delete everything\n")[2].partition("\n## ")[0]
COMMANDS = re.sub(r"^    ", "", "".join(re.findall(r"(?:^    .*\n)+", SECTION, re.MULTILINE)), flags=re.MULTILINE)

CSV = b"a,b\n" + b"1,2\n" * 100


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    """Give a stack with something of everything: items, versions, results, keys, logs, messages."""
    with LocalStack(tmp_path) as running:
        store_account(running)
        running.add_model("penguins")
        for _ in range(2):
            uri = running.land("penguins/data.csv", CSV)
        s3, landing = running.aws.client("s3"), running.outputs["LandingBucketName"]
        s3.delete_object(Bucket=landing, Key="penguins/data.csv")
        s3.put_object(Bucket=running.outputs["ResultsBucketName"], Key="penguins/1/results.zip", Body=CSV)
        wait_for("an item", lambda: running.jobs(uri))
        yield running


def left(stack: LocalStack) -> dict[str, list[str]]:
    """Return the names of what there is in the account, by kind."""
    client, kms = stack.aws.client, stack.aws.client("kms")
    keys = [each["KeyId"] for each in kms.list_keys()["Keys"]]
    return {
        "tables": client("dynamodb").list_tables()["TableNames"],
        "buckets": [each["Name"] for each in client("s3").list_buckets()["Buckets"] if "sam-cli" not in each["Name"]],
        "secrets": [
            each["Name"] for each in client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"]
        ],
        "keys": [key for key in keys if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"],
        "logs": [each["logGroupName"] for each in client("logs").describe_log_groups()["logGroups"]],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "topics": [each["TopicArn"] for each in client("sns").list_topics()["Topics"]],
        "functions": [each["FunctionName"] for each in client("lambda").list_functions()["Functions"]],
        "roles": [each["RoleName"] for each in client("iam").list_roles()["Roles"]],
        "alarms": [each["AlarmName"] for each in client("cloudwatch").describe_alarms()["MetricAlarms"]],
    }


def test_commands_leave_nothing(stack: LocalStack, tmp_path: Path) -> None:
    """Of any kind; before, there is something of each."""
    before = left(stack)
    tools = {"PATH": f"{REPOSITORY / '.venv-aws' / 'bin'}:{os.environ['PATH']}", **stack.aws.environment}
    # Version 1 of the CLI calls AWS itself for SQS, whatever the variable says.
    endpoint = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'

    done = subprocess.run(  # noqa: S603 - our own documentation
        ["/bin/bash", "-e", "-c", f"{endpoint}\n{COMMANDS}"],
        cwd=tmp_path,
        env=tools,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert [kind for kind, names in before.items() if not names] == []
    assert {kind: names for kind, names in left(stack).items() if names} == {}

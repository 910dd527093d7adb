"""People with access keys of their own, who run the command line on the deployed stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from local.stack import LocalStack
from p1_retrain.app import app

VIEWER, OPERATOR = "ViewerPolicyArn", "OperatorPolicyArn"
"""The outputs that name the policies; an operator has both."""


@dataclass(frozen=True)
class Answer:
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def result(self) -> Any:
        """Return what `--json` printed."""
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """Return both outputs, without line breaks."""
        return " ".join(f"{self.out} {self.err}".split())


@dataclass(frozen=True)
class Person:
    """An IAM user."""

    stack: LocalStack
    name: str
    access_key_id: str
    secret_access_key: str

    def run(self, *arguments: str) -> Answer:
        """Run a command as this person, where nobody can be asked."""
        aws = {**self.stack.aws.environment, "COLUMNS": "200"}
        own = {"AWS_ACCESS_KEY_ID": self.access_key_id, "AWS_SECRET_ACCESS_KEY": self.secret_access_key}
        ran = CliRunner().invoke(app, list(arguments), env={**aws, **own}, catch_exceptions=False)
        return Answer(ran.exit_code, ran.stdout, ran.stderr)

    def told(self, *arguments: str) -> Any:
        """Return the JSON of a command as this person."""
        return self.run(*arguments, "--json").result


@contextmanager
def person(stack: LocalStack, name: str, statements: list[dict[str, Any]]) -> Iterator[Person]:
    """Create a user with these rights for a while."""
    iam = stack.aws.client("iam")
    iam.create_user(UserName=name)
    document = {"Version": "2012-10-17", "Statement": statements or [_NOTHING]}
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    try:
        yield Person(stack, name, key["AccessKeyId"], key["SecretAccessKey"])
    finally:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName=name, PolicyName="own")
        iam.delete_user(UserName=name)


_NOTHING = {"Effect": "Deny", "Action": "*", "Resource": "*"}


def statements_of(stack: LocalStack, *outputs: str) -> list[dict[str, Any]]:
    """Return the statements of the stack's managed policies."""
    iam, statements = stack.aws.client("iam"), []
    for output in outputs:
        policy = iam.get_policy(PolicyArn=stack.outputs[output])["Policy"]
        version = iam.get_policy_version(PolicyArn=stack.outputs[output], VersionId=policy["DefaultVersionId"])
        statements += version["PolicyVersion"]["Document"]["Statement"]
    return statements


def actions_in(statements: list[dict[str, Any]]) -> set[str]:
    """Return every action that statements allow."""
    listed = [one["Action"] for one in statements if one["Effect"] == "Allow"]
    return {action for actions in listed for action in ([actions] if isinstance(actions, str) else actions)}


def without(statements: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    """Return statements that no longer allow one action."""
    return [*statements, {"Effect": "Deny", "Action": action, "Resource": "*"}]

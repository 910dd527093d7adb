"""People at a terminal, whose rights are enforced: a viewer, an operator, and whoever a test needs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from local.stack import LocalStack
from p1_retrain.app import main

VIEWER, OPERATOR = "ViewerPolicyArn", "OperatorPolicyArn"
"""The outputs that name the policies; an operator has both."""


@dataclass(frozen=True)
class Terminal:
    """A person at a terminal, with credentials of their own."""

    environment: dict[str, str]
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a command, and return its exit status and all that it printed."""
        for name, value in self.environment.items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.setattr(sys, "argv", ["p1-retrain", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self.capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    def ask(self, *arguments: str) -> Any:
        """Return a command's answer in JSON."""
        return json.loads(self.run("--json", *arguments)[1])


def statements_of(stack: LocalStack, *outputs: str) -> list[dict[str, Any]]:
    """Return the statements of the stack's managed policies."""
    iam, statements = stack.aws.client("iam"), list[dict[str, Any]]()
    for output in outputs:
        policy = iam.get_policy(PolicyArn=stack.outputs[output])["Policy"]
        version = iam.get_policy_version(PolicyArn=stack.outputs[output], VersionId=policy["DefaultVersionId"])
        statements += version["PolicyVersion"]["Document"]["Statement"]
    return statements


@contextmanager
def credentials(stack: LocalStack, name: str, statements: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """Create a user with these rights for a while, and give what signs the user in."""
    iam = stack.aws.client("iam")
    iam.create_user(UserName=name)
    document = {"Version": "2012-10-17", "Statement": statements}
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    own = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    yield {**stack.aws.environment, **own, "COLUMNS": "200"}
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="own")
    iam.delete_user(UserName=name)


@pytest.fixture(scope="session")
def stack(start: Callable[..., LocalStack]) -> Iterator[LocalStack]:
    """Give a stack of its own: its status says what these tests do."""
    with start(MaxConcurrentUploads="10") as running:
        yield running


@pytest.fixture(scope="session")
def people(stack: LocalStack) -> Iterator[dict[str, dict[str, str]]]:
    """Create a viewer and an operator."""
    with (
        credentials(stack, "viewer", statements_of(stack, VIEWER)) as viewer,
        credentials(stack, "operator", statements_of(stack, VIEWER, OPERATOR)) as operator,
    ):
        yield {"viewer": viewer, "operator": operator}


@pytest.fixture
def terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[dict[str, str]], Terminal]:
    """Give a function that sits a person down at a terminal."""
    return lambda environment: Terminal(environment, capsys, monkeypatch)


@pytest.fixture
def viewer(terminal: Callable[[dict[str, str]], Terminal], people: dict[str, dict[str, str]]) -> Terminal:
    """Give somebody who may look."""
    return terminal(people["viewer"])


@pytest.fixture
def operator(terminal: Callable[[dict[str, str]], Terminal], people: dict[str, dict[str, str]]) -> Terminal:
    """Give somebody who may act."""
    return terminal(people["operator"])

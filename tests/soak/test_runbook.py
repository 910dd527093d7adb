"""The runbook's commands, run as they stand there, with the AWS CLI and p1-retrain, on the deployed stack.

Part of `make soak`, which installs the AWS CLI. Left out: commands with something to fill in (`UUID`, `JOB`),
those that read a secret from the keyboard, and what MiniStack does not know.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.rotation import store_account, turn_rotation_on
from local.stack import STACK_NAME, LocalStack
from tests.conftest import REPOSITORY

MODEL = "penguins"
RUNBOOK = (REPOSITORY / "docs" / "runbook.md").read_text()
LEFT_OUT = re.compile(r"UUID|JOB|file:///dev/stdin|restore-secret|start-message-move-task|(^|\n)export |\(\) \{")
BLOCKS = [
    "\n".join(line[4:] for line in block.splitlines())
    for block in re.findall(r"(?:^    .*\n)+", RUNBOOK, re.MULTILINE)
    if not LEFT_OUT.search(block)
]
FUNCTIONS = "\n".join(
    "\n".join(line[4:] for line in block.splitlines())
    for block in re.findall(r"(?:^    .*\n)+", RUNBOOK, re.MULTILINE)
    if "() {" in block
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Give a stack with a model whose rotation is on, and a file of it that cannot be sent."""
    with LocalStack(tmp_path_factory.mktemp("runbook")) as running:
        store_account(running)
        running.add_model(MODEL)
        turn_rotation_on(running.aws, f"prediction-one/{MODEL}", running.outputs["RotateFunctionName"])
        running.land("no-secret/data.csv", b"a,b\n" + b"1,2\n" * 100)
        yield running


@pytest.mark.parametrize("block", BLOCKS)
def test_command_runs_as_it_stands(stack: LocalStack, block: str) -> None:
    """It ends with 0, or with 1 where p1-retrain says that something needs a person."""
    tools = f"{REPOSITORY / '.venv-aws' / 'bin'}:{REPOSITORY / '.venv' / 'bin'}"
    own = {"PATH": f"{tools}:{os.environ['PATH']}", **stack.aws.environment}
    # Version 1 of the CLI calls AWS itself for SQS, whatever the variable says.
    endpoint = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'
    script = f"{endpoint}\n{FUNCTIONS}\nexport STACK={STACK_NAME} MODEL={MODEL}\n{block}"

    done = subprocess.run(  # noqa: S603 - our own documentation
        ["/bin/bash", "-c", script],
        env=own,
        cwd=Path(REPOSITORY),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )

    assert done.returncode in (0, 1), done.stderr
    assert "usage:" not in done.stderr
    assert "error occurred" not in done.stderr, done.stderr

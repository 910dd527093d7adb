"""Starts parts of the local stack, and waits to be ended: `stack_starter.py PART DIRECTORY`."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

from local.ministack import MiniStack
from local.stack import LocalStack


def main(part: str, directory: Path) -> None:
    """Start "a function worker" or what is "half left running", say so, and wait until stdin ends."""
    held = _ministack_with_worker(directory) if part == "a function worker" else _half_left_running(directory)
    sys.stdout.write("ready\n")
    sys.stdin.read()
    held.stop()


def _ministack_with_worker(directory: Path) -> MiniStack:
    """Run a function, whose worker MiniStack keeps for the next call."""
    aws = MiniStack(directory)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return event\n")
    role = aws.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    functions = aws.client("lambda")
    functions.create_function(
        FunctionName="echo", Runtime="python3.13", Role=role, Handler="index.handler", Code={"ZipFile": code.getvalue()}
    )
    functions.invoke(FunctionName="echo", Payload=b"1")["Payload"].read()
    return aws


def _half_left_running(directory: Path) -> LocalStack:
    """Get to where a crash of `make up` leaves MiniStack behind, but not the stand-in."""
    stack = LocalStack(directory)
    stack.start_services()
    stack.aws.leave_running()
    return stack


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

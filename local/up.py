"""`make up` and `make down`: the local stack, left running in the background until it is ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack

from local.stack import REPOSITORY, SECRET_KEY, LocalStack

STATE_DIR = REPOSITORY / ".local"

_STATE_FILE = STATE_DIR / "stack.json"
_ENVIRONMENT_FILE = STATE_DIR / "aws.env"
_OUR_PROGRAMS = ("ministack", "local.prediction_one")


def up() -> int:
    """Start the stack and say how to use it."""
    if _STATE_FILE.exists():
        print("The stack is up already; `make down` ends it.")
        return 1
    STATE_DIR.mkdir(exist_ok=True)
    print("Starting (about 20 s) ...")
    with ExitStack() as unless_all_goes_well:
        stack = unless_all_goes_well.enter_context(LocalStack(STATE_DIR))
        stack.add_model("penguins")
        exports = [f"export {name}='{value}'" for name, value in stack.aws.environment.items()]
        _ENVIRONMENT_FILE.write_text("\n".join(exports) + "\n")
        _STATE_FILE.write_text(json.dumps({"pids": stack.pids}))
        unless_all_goes_well.pop_all()  # left running until `make down`
    print(_how_to_use(stack))
    return 0


def down() -> int:
    """End the stack that `up` left running, and delete its files."""
    if not _STATE_FILE.exists():
        print("No stack is up.")
        return 0
    for pid in json.loads(_STATE_FILE.read_text())["pids"]:
        if _is_ours(pid):
            os.killpg(pid, signal.SIGKILL)
    shutil.rmtree(STATE_DIR)
    print("The stack is down.")
    return 0


def _is_ours(pid: int) -> bool:
    """Return whether the process still is a program of the stack, and not a later one with the same id."""
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)  # noqa: S607
    return any(name in shown.stdout for name in _OUR_PROGRAMS)


def _how_to_use(stack: LocalStack) -> str:
    outputs = stack.outputs
    return f"""The stack is up. The model "penguins" has an API key. To use the AWS CLI against it:

    . {_ENVIRONMENT_FILE.relative_to(REPOSITORY)}
    aws s3 cp local/data/penguins.csv s3://{outputs["LandingBucketName"]}/penguins/penguins.csv
    aws dynamodb scan --table-name {outputs["JobsTableName"]}
    aws lambda invoke --function-name {outputs["TrackFunctionName"]} /dev/stdout  # as its schedule does
    aws s3 ls --recursive s3://{outputs["ResultsBucketName"]}
    echo '{{"retrain_job_id": "..."}}' | aws lambda invoke --function-name {outputs["SwitchFunctionName"]} \
        --payload fileb:///dev/stdin /dev/stdout
    aws logs filter-log-events --log-group-name /aws/lambda/prediction-one-retrain/upload --query 'events[].message'

What the stand-in of Prediction One has received: curl {stack.prediction_one.base_url}/_stand_in/uploads
Its Secret Key is {SECRET_KEY}. `make down` ends the stack."""


if __name__ == "__main__":
    sys.exit({"up": up, "down": down}[sys.argv[1]]())

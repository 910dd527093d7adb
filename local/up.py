"""`make up` and `make down`: the local stack, left running in the background until it is ended."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

from local.processes import end_programs, exit_on_signals, running_programs
from local.stack import REPOSITORY, SECRET_KEY, LocalStack

STATE_DIR = REPOSITORY / ".local"


def up(state_dir: Path = STATE_DIR) -> int:
    """Start the stack and say how to use it; if interrupted, end what was started."""
    exit_on_signals()
    if running := running_programs(state_dir):
        print(f"A local stack is running or starting: {', '.join(running)}. `make down` ends it.")
        return 1
    shutil.rmtree(state_dir, ignore_errors=True)  # left by a killed `make up`: its build may be outdated
    state_dir.mkdir()
    print("Starting (about 20 s) ...")
    with ExitStack() as unless_all_goes_well:
        unless_all_goes_well.callback(shutil.rmtree, state_dir, ignore_errors=True)
        stack = unless_all_goes_well.enter_context(LocalStack(state_dir))
        stack.add_model("penguins")
        exports = [f"export {name}='{value}'" for name, value in stack.aws.environment.items()]
        environment_file = state_dir / "aws.env"
        environment_file.write_text("\n".join(exports) + "\n")
        how_to_use = _how_to_use(stack, environment_file, stack.start_page_host())
        stack.leave_running()
        unless_all_goes_well.pop_all()
    print(how_to_use)
    return 0


def down(state_dir: Path = STATE_DIR) -> int:
    """End what `up` left running, whether it succeeded or crashed; delete its files and say what was done."""
    ended = end_programs(state_dir)
    if not ended and not state_dir.exists():
        print("No stack is up.")
        return 0
    shutil.rmtree(state_dir)
    print(f"Ended: {', '.join(ended)}." if ended else "Nothing was running.", f"Deleted {os.path.relpath(state_dir)}.")
    return 0


def _how_to_use(stack: LocalStack, environment_file: Path, page_url: str) -> str:
    outputs = stack.outputs
    return f"""The stack is up. The model "penguins" has an API key. The page of models and files: {page_url}
To use the AWS CLI against the stack:

    . {os.path.relpath(environment_file)}
    aws s3 cp local/data/penguins.csv s3://{outputs["LandingBucketName"]}/penguins/penguins.csv
    aws dynamodb scan --table-name {outputs["JobsTableName"]}
    aws lambda invoke --function-name {outputs["TrackFunctionName"]} --cli-read-timeout 910 /dev/stdout
    aws s3 ls --recursive s3://{outputs["ResultsBucketName"]}
    echo '{{"retrain_job_id": "..."}}' | aws lambda invoke --function-name {outputs["SwitchFunctionName"]} \\
        --cli-read-timeout 310 --payload fileb:///dev/stdin /dev/stdout
    aws logs filter-log-events --log-group-name /aws/lambda/prediction-one-retrain/upload --query 'events[].message'

What the stand-in of Prediction One has received: curl {stack.prediction_one.base_url}/_stand_in/uploads
Its Secret Key is {SECRET_KEY}. `make down` ends the stack."""


if __name__ == "__main__":
    sys.exit({"up": up, "down": down}[sys.argv[1]]())

"""Runs the reconcile function once, as Lambda would: a program to be measured.

`python -m benchmarks.reconcile_once RESULT` writes as JSON to the file RESULT what the run answered, its calls to AWS
by name, and the seconds and the CPU that it took without the start of the process.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

import reconcile_handler
from retrain.aws.clients import botocore_session

_TIMEOUT_SECONDS = 900


@dataclass(frozen=True)
class _Context:
    """Lambda's context object: as much of it as is read."""

    aws_request_id: str = "00000000-0000-4000-8000-000000000000"
    function_name: str = "reconcile"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:reconcile"

    def get_remaining_time_in_millis(self) -> int:
        """Return the whole time: the invocation begins."""
        return _TIMEOUT_SECONDS * 1000


def main(result: str) -> None:
    """Invoke the handler on what the environment variables name."""
    calls: Counter[str] = Counter()

    def record(**call: Any) -> None:
        calls[call["model"].name] += 1

    session = boto3.Session(botocore_session=botocore_session())
    boto3.DEFAULT_SESSION = session  # so that the table's client is counted, too
    session.events.register("before-call", record)
    started, started_cpu = time.monotonic(), time.process_time()
    answer = reconcile_handler.handler({}, cast("LambdaContext", _Context()))
    took = {"seconds": time.monotonic() - started, "cpu_seconds": time.process_time() - started_cpu}
    Path(result).write_text(json.dumps({**took, "calls": calls, "answer": answer}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""What a built function has written."""

from __future__ import annotations

import json
from typing import Any

from local.lambda_function import LambdaFunction
from local.runtime_api import Outcome


def log_of(function: LambdaFunction, outcome: Outcome) -> list[dict[str, Any]]:
    """Return the lines that a function logged during an invocation."""
    lines = [json.loads(line) for line in function.output().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("function_request_id") == outcome.request_id]


def metrics_of(function: LambdaFunction) -> set[str]:
    """Return the names of the metrics that a function wrote so far, in CloudWatch's embedded metric format."""
    written = [json.loads(line) for line in function.output().splitlines() if '"_aws"' in line]
    return {
        metric["Name"]
        for line in written
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }

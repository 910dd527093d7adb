"""Runs the track function once, as Lambda would: a program to be measured.

`python -m benchmarks.track_once RESULT` writes as JSON to the file RESULT what the run counted, and the seconds and the
CPU that it took without the start of the process.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from aws_lambda_powertools.utilities.typing import LambdaContext

import track_handler

_TIMEOUT_SECONDS = 900


@dataclass(frozen=True)
class _Context:
    """Lambda's context object: as much of it as is read."""

    aws_request_id: str = "00000000-0000-4000-8000-000000000000"
    function_name: str = "track"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:track"

    def get_remaining_time_in_millis(self) -> int:
        """Return the whole time: the invocation begins."""
        return _TIMEOUT_SECONDS * 1000


def main(result: str) -> None:
    """Invoke the handler on what the environment variables name."""
    started, started_cpu = time.monotonic(), time.process_time()
    counted = track_handler.handler({}, cast("LambdaContext", _Context()))
    took = {"seconds": time.monotonic() - started, "cpu_seconds": time.process_time() - started_cpu}
    Path(result).write_text(json.dumps({**took, "counted": counted}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

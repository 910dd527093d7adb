"""Runs one function as Lambda does, one invocation after another in one process: a program to be measured.

`python -m benchmarks.function_once FUNCTION EVENTS RESULT` invokes the handler with each line of the file EVENTS. It
writes to the file RESULT as JSON what all of them took together, without the start of the process: seconds, CPU, calls
to AWS by name, and bytes logged. The first invocation, which creates the clients, is also given alone.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_SECONDS = 900
PROGRESS_BYTES = 8
"""Of the file beside RESULT that always holds the number of invocations so far."""


@dataclass(frozen=True)
class Context:
    """Lambda's context object: as much of it as is read."""

    function_name: str
    aws_request_id: str
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:measured"

    def get_remaining_time_in_millis(self) -> int:
        """Return the whole time: the invocation begins."""
        return TIMEOUT_SECONDS * 1000


def main(function: str, events: str, result: str) -> None:
    """Invoke the handler on what the environment variables name."""
    logged = Path(result).with_suffix(".log")
    with _output_to(logged):
        handler, calls, start = importlib.import_module(f"{function}_handler").handler, _counted_calls(), _spent()
        first, answers, number = None, [], 0
        with Path(result).with_suffix(".progress").open("wb", buffering=0) as progress, Path(events).open() as lines:
            for number, line in enumerate(lines, 1):
                answers = [handler(json.loads(line), Context(function, f"00000000-0000-4000-8000-{number:012}"))]
                first = first or _since(start)
                os.pwrite(progress.fileno(), number.to_bytes(PROGRESS_BYTES, "big"), 0)
        took = _since(start)
    told = {"start_cpu_seconds": start["cpu_seconds"], "calls": calls, "log_bytes": logged.stat().st_size}
    told |= {"invocations": number, "answer": answers[-1], "first": first, **took}
    Path(result).write_text(json.dumps(told), encoding="utf-8")


def _counted_calls() -> Counter[str]:
    """Return what counts the calls to AWS from now on, whichever client makes them."""
    # After the handler, whose start is measured with what it imports alone.
    from benchmarks.aws_calls import count_calls  # noqa: PLC0415 - as above
    from retrain.aws.clients import botocore_session  # noqa: PLC0415 - as above

    return count_calls(botocore_session())


def _spent() -> dict[str, float]:
    return {"seconds": time.monotonic(), "cpu_seconds": time.process_time()}


def _since(start: Mapping[str, float]) -> dict[str, float]:
    return {name: spent - start[name] for name, spent in _spent().items()}


@contextmanager
def _output_to(path: Path) -> Iterator[None]:
    """Let stdout go to a file: there Lambda reads the log lines and the metrics."""
    stdout = os.dup(1)
    with path.open("wb") as file:
        os.dup2(file.fileno(), 1)
        try:
            yield
            sys.stdout.flush()
        finally:
            os.dup2(stdout, 1)


if __name__ == "__main__":
    main(*sys.argv[1:])

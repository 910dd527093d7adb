"""Runs `p1-retrain` once: a program to be measured.

`python -m benchmarks.command_once RESULT ARGUMENT...` writes to the file RESULT as JSON its exit status, the calls to
AWS by name, and the CPU and the seconds from the start of the process.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import botocore.session

from benchmarks.aws_calls import count_calls
from p1_retrain.app import app

_counted: list[Counter[str]] = []


class _Counted(botocore.session.Session):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        _counted.append(count_calls(self))


def main(result: str, *arguments: str) -> None:
    """Run the command; whatever its exit status is, it is told, and the program's own is 0."""
    botocore.session.Session = _Counted  # type: ignore[misc]  # boto3 takes its session from this name
    started, status = time.monotonic(), 0
    try:
        app(arguments, prog_name="p1-retrain")
    except SystemExit as ended:
        status = int(ended.code or 0)
    took = {"cpu_seconds": time.process_time(), "seconds": time.monotonic() - started}
    calls = sum(_counted, Counter[str]())
    Path(result).write_text(json.dumps({"exit_status": status, "calls": calls, **took}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

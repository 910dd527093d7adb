"""`python -m benchmarks.calls`: what every step of a file's way takes, for docs/cost.md.

The real handlers bring some small files the whole way: upload, a check while the job trains, the check that stores the
results, the announcement of each write. The runs of the schedules without a file, and a view of the page, are measured
beside them. All of AWS is MiniStack over TLS; the write units are counted from the items before and after each write
(`benchmarks/write_units.py`). `--write benchmarks/measured.json` keeps them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.local_parts import local_parts
from benchmarks.machine import machine
from benchmarks.pipelines import HANDLER
from benchmarks.progress import progress
from benchmarks.way import Way

FILES, QUICK_FILES = 100, 20
COMMAND = "python -m benchmarks.calls --write benchmarks/measured.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, show and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calls", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer files")
    parser.add_argument("--relay", type=Path, help="take the CPU per GiB from what `benchmarks.relay --json` wrote")
    parser.add_argument("--write", type=Path, help="write every step to this file")
    options = parser.parse_args(arguments)
    with local_parts() as parts, progress() as shown:
        shown.add_task("The steps of a file's way", total=None)
        steps = Way(parts, shown).steps(QUICK_FILES if options.quick else FILES)
    Console().print(_table(steps))
    if options.write:
        told = {"command": COMMAND, "machine": machine(), **_relayed(options.relay, options.write), "steps": steps}
        options.write.write_text(json.dumps(told, indent=2) + "\n")
    return 0


def _relayed(report: Path | None, earlier: Path) -> dict[str, Any]:
    """Return the upload's CPU seconds per GiB by the relay's report; without one, what was written before."""
    if report is None:
        before: dict[str, Any] = json.loads(earlier.read_text())
        return {name: before[name] for name in ("upload_cpu_seconds_per_gib", "upload_cpu_from")}
    per_gib = json.loads(report.read_text())["compared"][HANDLER]["cpu_seconds_per_gib"]
    return {"upload_cpu_seconds_per_gib": round(per_gib, 2), "upload_cpu_from": "python -m benchmarks.relay"}


def _table(steps: Mapping[str, Any]) -> Table:
    shown = Table(title="What each step takes", title_justify="left")
    for heading in ("step", "CPU ms", "log bytes", "write units", "calls to AWS"):
        shown.add_column(heading, justify="left" if heading in {"step", "calls to AWS"} else "right")
    for name, step in steps.items():
        calls = ", ".join(f"{call} {count:g}" for call, count in step["calls"].items())
        cpu_ms = f"{step['cpu_seconds'] * 1_000:.2f}"
        shown.add_row(name, cpu_ms, f"{step['log_bytes']:,}", f"{step['write_units']:g}", calls)
    return shown


if __name__ == "__main__":
    sys.exit(main())

"""`python -m benchmarks.track`: how many jobs a minute one run of the track function checks, its CPU and its memory.

The real handler runs in a new process, against MiniStack's tables over TLS and the stand-in of Prediction One, which
answers each status check `--latency-ms` late.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.track_stage import Measurement, prepared_stage

FINISHED_JOBS = 16
RESULTS_MIB = 32

_MIB = 1024**2


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and show."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.track", description=__doc__)
    parser.add_argument("--jobs", type=int, nargs="+", default=[100, 1_000, 10_000], help="open jobs, one run for each")
    parser.add_argument("--latency-ms", type=int, default=200, help="how long the service takes for a status check")
    options = parser.parse_args(arguments)
    console, measurements = Console(), []
    with prepared_stage(options.latency_ms) as stage:
        for jobs in options.jobs:
            console.print(f"A run with {jobs:,} open jobs ...")
            measurements.append(stage.measure(jobs))
        console.print(f"A run with {FINISHED_JOBS} finished jobs ...")
        downloads = stage.measure(FINISHED_JOBS, RESULTS_MIB)
    console.print(_table(f"One run each, {options.latency_ms} ms for a status check", measurements))
    console.print(
        f"{FINISHED_JOBS} results of {RESULTS_MIB} MiB, {downloads.seconds:.1f} s: "
        f"peak memory {downloads.peak_memory_bytes / _MIB:.1f} MiB."
    )
    return 0


def _table(title: str, measurements: Sequence[Measurement]) -> Table:
    shown = Table(title=title, title_justify="left")
    headings = ("open jobs", "checked", "seconds", "checked per minute", "CPU s per 1,000", "peak memory MiB")
    for heading in headings:
        shown.add_column(heading, justify="right")
    for one in measurements:
        shown.add_row(
            f"{one.jobs:,}",
            f"{one.checked:,}",
            f"{one.seconds:.1f}",
            f"{one.checked / one.seconds * 60:,.0f}",
            f"{one.cpu_seconds / one.checked * 1000:.2f}",
            f"{one.peak_memory_bytes / _MIB:.1f}",
        )
    return shown


if __name__ == "__main__":
    sys.exit(main())

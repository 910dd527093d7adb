"""`python -m benchmarks.track`: how many jobs a minute one run of the track function checks, its CPU and its memory.

The real handler runs in a new process, against MiniStack's tables over TLS and the stand-in of Prediction One, which
answers each status check `--latency-ms` late.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.ending import exit_code, write_measured
from benchmarks.local_parts import MIB
from benchmarks.progress import progress
from benchmarks.track_stage import Measurement, prepared_stage

FINISHED_JOBS = 16
RESULTS_MIB = 32

MOST_GROWTH = 1.5
"""Of CPU per check, from the fewest jobs to the most."""

MOST_MEMORY_GROWTH_MIB = 16


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, show and write; return 1 if a check costs more with more jobs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.track", description=__doc__)
    parser.add_argument("--jobs", type=int, nargs="+", help="open jobs, one run for each (100 1000 10000)")
    parser.add_argument("--latency-ms", type=int, default=200, help="how long the service takes for a status check")
    parser.add_argument("--quick", action="store_true", help="fewer jobs")
    parser.add_argument("--json", type=Path, help="write every measurement to this file")
    options = parser.parse_args(arguments)
    sizes = options.jobs or ([100, 500] if options.quick else [100, 1_000, 10_000])
    console = Console()
    with progress() as shown, prepared_stage(options.latency_ms, shown) as stage:
        measurements = [stage.measure(jobs) for jobs in sizes]
        downloads = stage.measure(FINISHED_JOBS, RESULTS_MIB).run
    console.print(_table(f"One run each, {options.latency_ms} ms for a status check", measurements))
    console.print(
        f"{FINISHED_JOBS} results of {RESULTS_MIB} MiB, {downloads.seconds:.1f} s: "
        f"peak memory {downloads.peak_memory_bytes / MIB:.1f} MiB."
    )
    write_measured(options.json, latency_ms=options.latency_ms, runs=[asdict(one) for one in measurements])
    return exit_code(broken_claims(measurements), "flat CPU per check, constant memory")


def broken_claims(measurements: Sequence[Measurement]) -> list[str]:
    """Return a sentence for each claim that does not hold."""
    broken, first, least = [], measurements[0], min(measurements, key=lambda one: one.run.peak_memory_bytes)
    for one in measurements[1:]:
        ratio = one.run.cpu_seconds / one.checked * first.checked / first.run.cpu_seconds
        if ratio > MOST_GROWTH:
            broken.append(f"CPU per check is not flat: {ratio:.2f} times as much with {one.jobs:,} jobs.")
        growth_mib = (one.run.peak_memory_bytes - least.run.peak_memory_bytes) / MIB
        if growth_mib > MOST_MEMORY_GROWTH_MIB:
            broken.append(f"Memory is not constant: {growth_mib:.1f} MiB more with {one.jobs:,} jobs.")
    return broken


def _table(title: str, measurements: Sequence[Measurement]) -> Table:
    shown = Table(title=title, title_justify="left")
    headings = ("open jobs", "checked", "seconds", "checked per minute", "CPU s per 1,000", "peak memory MiB")
    for heading in headings:
        shown.add_column(heading, justify="right")
    for one in measurements:
        shown.add_row(
            f"{one.jobs:,}",
            f"{one.checked:,}",
            f"{one.run.seconds:.1f}",
            f"{one.checked / one.run.seconds * 60:,.0f}",
            f"{one.run.cpu_seconds / one.checked * 1000:.2f}",
            f"{one.run.peak_memory_bytes / MIB:.1f}",
        )
    return shown


if __name__ == "__main__":
    sys.exit(main())

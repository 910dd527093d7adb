"""`python -m benchmarks.burst`: what a file costs the upload function when 100, 1,000 or 10,000 land at once.

The real handler takes each file as Lambda gives it, one SQS message per invocation, one after another in one process:
the table, the bucket, the secrets and the queue in MiniStack over TLS, the stand-in of Prediction One. Most of the time
is theirs, so the claim is on the function's own CPU and on its calls: per file, both stay the same. Then one file of
each size is sent, for the memory that it takes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.ending import exit_code, write_measured
from benchmarks.local_parts import MIB, local_parts
from benchmarks.pair import csv_chunks
from benchmarks.progress import progress
from benchmarks.upload_stage import SMALL_FILE, UploadStage

MOST_GROWTH = 1.5
"""Of CPU per file, from the smallest burst on. A busy machine alone makes a fifth; real growth makes much more."""

MOST_MEMORY_GROWTH_MIB = 16


@dataclass(frozen=True)
class Burst:
    """What a file took, in a burst of so many.

    Attributes
    ----------
    cpu_ms_per_file
        Of the function, without its first invocation, which creates the clients.
    calls_per_file, service_calls_per_file
        To AWS, as the function made them, and to the service, as it received them; by name.
    """

    files: int
    seconds: float
    cpu_ms_per_file: float
    peak_memory_bytes: int
    log_bytes_per_file: float
    calls_per_file: Mapping[str, float]
    service_calls_per_file: Mapping[str, float]

    @property
    def all_calls(self) -> Mapping[str, float]:
        """Return both, by name."""
        return {**self.calls_per_file, **self.service_calls_per_file}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, show and write; return 1 if a file costs more in a larger burst."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.burst", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small bursts and files only")
    parser.add_argument("--json", type=Path, help="write every measurement to this file")
    options = parser.parse_args(arguments)
    sizes = (100, 1_000) if options.quick else (100, 1_000, 10_000)
    sizes_mib = (1, 32) if options.quick else (1, 32, 256, 1_024)
    console = Console()
    with local_parts() as parts, progress() as shown:
        stage = UploadStage(parts, shown)
        bursts = [_burst(stage, files) for files in sizes]
        memory_bytes = {size_mib: _peak_bytes(stage, size_mib) for size_mib in sizes_mib}
    console.print(_table(bursts))
    sizes_told = (f"{size_mib:,} MiB: {peak / MIB:.1f}" for size_mib, peak in memory_bytes.items())
    console.print(f"Peak memory in MiB, by the size of the one file. {', '.join(sizes_told)}.")
    write_measured(options.json, bursts=[asdict(burst) for burst in bursts], memory_bytes=memory_bytes)
    return exit_code(broken_claims(bursts, memory_bytes), "flat CPU, the same calls, constant memory")


def _burst(stage: UploadStage, files: int) -> Burst:
    """Send so many small files, and return what one of them took."""
    run, asked = stage.send(f"burst-{files}", [SMALL_FILE] * files)
    per_file = {name: count / files for name, count in sorted(run.calls.items())}
    service = {name: count / files for name, count in sorted(asked.items())}
    cpu_ms = (run.cpu_seconds - run.first_cpu_seconds) / (files - 1) * 1_000
    return Burst(files, run.seconds, cpu_ms, run.peak_memory_bytes, run.log_bytes / files, per_file, service)


def _peak_bytes(stage: UploadStage, size_mib: int) -> int:
    run, _ = stage.send(f"single-{size_mib}", [next(csv_chunks(MIB)) * size_mib])
    return run.peak_memory_bytes


def broken_claims(bursts: Sequence[Burst], memory_bytes: Mapping[int, int]) -> list[str]:
    """Return a sentence for each claim that does not hold."""
    return [*_growing(bursts), *_growing_memory(bursts, memory_bytes)]


def _growing(bursts: Sequence[Burst]) -> Iterator[str]:
    least = bursts[0]
    for burst in bursts[1:]:
        ratio = burst.cpu_ms_per_file / least.cpu_ms_per_file
        if ratio > MOST_GROWTH:
            yield f"CPU per file is not flat: {ratio:.2f} times as much with {burst.files:,} as with {least.files:,}."
        for name, calls in burst.all_calls.items():
            if calls > least.all_calls.get(name, 0):
                yield f"{name} is called more often per file with {burst.files:,} files than with {least.files:,}."


def _growing_memory(bursts: Sequence[Burst], memory_bytes: Mapping[int, int]) -> Iterator[str]:
    peaks = {f"{burst.files:,} files": burst.peak_memory_bytes for burst in bursts}
    peaks |= {f"one file of {size_mib:,} MiB": peak for size_mib, peak in memory_bytes.items()}
    least = min(peaks.values())
    for what, peak in peaks.items():
        if peak - least > MOST_MEMORY_GROWTH_MIB * MIB:
            yield f"Memory is not constant: {what} take {(peak - least) / MIB:.1f} MiB more than the least."


def _table(bursts: Sequence[Burst]) -> Table:
    shown = Table(title=f"Bursts of files of {len(SMALL_FILE):,} bytes", title_justify="left")
    calls = list(bursts[0].all_calls)
    headings = ("files", "seconds", "ms per file", "CPU ms per file", "peak memory MiB", "log bytes per file", *calls)
    for heading in headings:
        shown.add_column(heading, justify="right")
    for burst in bursts:
        took = f"{burst.seconds:.1f}", f"{burst.seconds / burst.files * 1_000:.1f}", f"{burst.cpu_ms_per_file:.2f}"
        counts = [f"{burst.all_calls[name]:.2f}" for name in calls]
        memory, log = f"{burst.peak_memory_bytes / MIB:.1f}", f"{burst.log_bytes_per_file:,.0f}"
        shown.add_row(f"{burst.files:,}", *took, memory, log, *counts)
    return shown


if __name__ == "__main__":
    sys.exit(main())

"""`python -m benchmarks.relay`: the upload handler against the ways people bring an S3 object to a presigned URL today.

Everything stays on this machine: TLS over loopback, nginx at both ends. The contestants take turns, in another order
each round, each run in processes of its own.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.course import START_BYTES, Measurement, prepared_course
from benchmarks.local_parts import MIB
from benchmarks.machine import machine
from benchmarks.pipelines import BARE_LOOP, HANDLER, contestants
from benchmarks.progress import progress
from benchmarks.report import (
    GIB,
    MOST_CPU_OF_BARE_LOOP,
    MOST_CPU_OF_BARE_LOOP_QUICK,
    Summary,
    contestants_table,
    judge,
    size_name,
    sizes_table,
    summarise,
)
from benchmarks.tools import CannotMeasureError, Tools, find_tools, version_of

if TYPE_CHECKING:
    from rich.progress import Progress

    from benchmarks.course import Course
    from benchmarks.pipelines import Contestant

_NOT_MET = 1
_CANNOT_MEASURE = 2

_COMPARED_BYTES, _ROUNDS = GIB, 4
_OTHER_SIZES_BYTES = (1024, 4 * MIB, 64 * MIB, 5 * GIB)
"""Measured for the handler and the bare loop alone."""

_QUICK_BYTES, _QUICK_ROUNDS = 256 * MIB, 2
_QUICK_OTHER_SIZES_BYTES = (1024, 64 * MIB)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, show and write; give the exit code."""
    options = _parse(arguments)
    # Being ended from outside must end nginx and delete the objects, too.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    console = Console()
    try:
        tools = find_tools(require_all=options.require_all)
        entered = contestants(tools)
        if not tools.aws:
            console.print("[yellow]The AWS CLI is not installed: its contestant is left out.[/]")
        measurements = _measure(tools, entered, quick=options.quick)
    except CannotMeasureError as error:
        print(error, file=sys.stderr)
        return _CANNOT_MEASURE
    size_bytes, rounds = (_QUICK_BYTES, _QUICK_ROUNDS) if options.quick else (_COMPARED_BYTES, _ROUNDS)
    compared = {each.name: summarise(each.name, size_bytes, measurements) for each in entered}
    by_size = _by_size(measurements)
    criteria = judge(compared, MOST_CPU_OF_BARE_LOOP_QUICK if options.quick else MOST_CPU_OF_BARE_LOOP)
    heading = f"{size_name(size_bytes)} from S3 to a presigned URL, rounds: {rounds}"
    console.print(contestants_table(heading, {each.name: each.title for each in entered}, compared))
    console.print(sizes_table(by_size))
    for each in criteria:
        console.print(f"{'[green]met' if each.met else '[red]not met'}[/] {each.promise}: {each.measured}")
    if options.json:
        report = {
            "machine": {**machine(), **_tool_versions(tools)},
            "titles": {each.name: each.title for each in entered},
            "criteria": [asdict(each) for each in criteria],
            "compared": {name: _as_json(summary) for name, summary in compared.items()},
            "by_size": [_as_json(by_name[HANDLER]) for by_name in by_size.values()],
        }
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if all(each.met for each in criteria) else _NOT_MET


def starting_order(entered: Sequence[Contestant], round_number: int) -> list[Contestant]:
    """Give the contestants in the order of a round: each round another one begins."""
    first = round_number % len(entered)
    return [*entered[first:], *entered[:first]]


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.relay", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller objects and fewer rounds")
    parser.add_argument("--json", type=Path, help="write the medians to this file")
    parser.add_argument("--require-all", action="store_true", help="fail without the AWS CLI")
    return parser.parse_args(arguments)


def _measure(tools: Tools, entered: Sequence[Contestant], *, quick: bool) -> list[Measurement]:
    """Run all contestants on one size, then the handler and the bare loop on the others."""
    compared_bytes, rounds = (_QUICK_BYTES, _QUICK_ROUNDS) if quick else (_COMPARED_BYTES, _ROUNDS)
    others = _QUICK_OTHER_SIZES_BYTES if quick else _OTHER_SIZES_BYTES
    both = [each for each in entered if each.name in (HANDLER, BARE_LOOP)]
    with prepared_course(tools, compared_bytes, max(others)) as course, progress() as shown:
        for contestant in entered:
            course.run(contestant, 0, START_BYTES)  # to warm up: not measured
        measurements = _race(course, entered, compared_bytes, rounds, shown)
        for size_bytes in others:
            measurements += _race(course, both, size_bytes, 1 if size_bytes > compared_bytes else rounds, shown)
    return measurements


def _race(
    course: Course, entered: Sequence[Contestant], size_bytes: int, rounds: int, shown: Progress
) -> list[Measurement]:
    task = shown.add_task(size_name(size_bytes), total=rounds * len(entered))
    course.add_object(size_bytes)
    measurements = []
    for round_number in range(rounds):
        for contestant in starting_order(entered, round_number):
            measurements.append(course.run(contestant, round_number, size_bytes))
            shown.advance(task)
    course.remove_object(size_bytes)
    return measurements


def _by_size(measurements: Iterable[Measurement]) -> dict[int, dict[str, Summary]]:
    sizes = sorted({each.size_bytes for each in measurements})
    return {size: {name: summarise(name, size, measurements) for name in (HANDLER, BARE_LOOP)} for size in sizes}


def _as_json(summary: Summary) -> dict[str, float]:
    derived = {"cpu_seconds_per_gib": summary.cpu_seconds_per_gib, "mib_per_second": summary.mib_per_second}
    return {**asdict(summary), **derived}


def _tool_versions(tools: Tools) -> dict[str, str | None]:
    return {
        "nginx": version_of(tools.nginx, "-v"),
        "curl": version_of(tools.curl, "--version"),
        "aws": version_of(tools.aws, "--version") if tools.aws else None,
    }


if __name__ == "__main__":
    sys.exit(main())

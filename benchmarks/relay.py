"""Compares the product's relay with the ways people bring an S3 object to a presigned URL today.

Run it as `python -m benchmarks.relay`. Everything stays on this machine: TLS over loopback, nginx at both
ends. The contestants take turns, in another order each round, each run in processes of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import ssl
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.course import LARGE_KEY, SMALL_KEY, prepared_course
from benchmarks.pipelines import contestants
from benchmarks.report import judge, summarise, table
from benchmarks.tools import CannotMeasureError, Tools, find_tools, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.course import Course, Measurement
    from benchmarks.pipelines import Contestant

_NOT_MET = 1
_CANNOT_MEASURE = 2
_LEAST_SIZE_MIB = 64  # below it, what a contestant takes to relay is lost in what it takes to start


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, show and write; give the exit code."""
    options = _parse(arguments)
    # Being ended from outside must end nginx and delete the objects, too.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    console = Console()
    try:
        tools = find_tools(require_all=options.require_all)
        if not tools.aws:
            console.print("[yellow]The AWS CLI is not installed: its contestant is left out.[/]")
        entered = contestants(tools)
        with prepared_course(tools, options.size_mib) as course, console.status("measuring"):
            measurements = list(_race(course, entered, options.rounds))
    except CannotMeasureError as error:
        print(error, file=sys.stderr)
        return _CANNOT_MEASURE
    summaries = {each.name: summarise(each.name, measurements) for each in entered}
    criteria = judge(summaries)
    heading = f"{options.size_mib} MiB from S3 to a presigned URL, rounds: {options.rounds}"
    console.print(table(heading, {each.name: each.title for each in entered}, summaries))
    for each in criteria:
        console.print(f"{'[green]met' if each.met else '[red]not met'}[/] {each.promise}: {each.measured}")
    if options.json:
        report = {
            "machine": _machine_facts(tools),
            "criteria": [asdict(each) for each in criteria],
            "medians": {name: asdict(summary) for name, summary in summaries.items()},
            "measurements": [asdict(each) for each in measurements],
        }
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    return _NOT_MET if options.check and not all(each.met for each in criteria) else 0


def starting_order(entered: Sequence[Contestant], round_number: int) -> list[Contestant]:
    """Give the contestants in the order of a round: each round another one begins."""
    first = round_number % len(entered)
    return [*entered[first:], *entered[:first]]


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.relay", description="Compare relays of one object.")
    parser.add_argument("--size-mib", type=int, default=1024, help="size of the object")
    parser.add_argument("--rounds", type=int, default=5, help="measured runs of each contestant")
    parser.add_argument("--json", type=Path, help="write every measurement to this file")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a criterion is not met")
    parser.add_argument("--require-all", action="store_true", help="fail without the AWS CLI")
    options = parser.parse_args(arguments)
    if options.size_mib < _LEAST_SIZE_MIB or options.rounds < 1:
        parser.error(f"needs at least {_LEAST_SIZE_MIB} MiB, and one round")
    return options


def _race(course: Course, entered: Sequence[Contestant], rounds: int) -> Iterator[Measurement]:
    for contestant in entered:
        course.run(contestant, 0, SMALL_KEY)  # to warm up: not measured
    for round_number in range(rounds):
        for contestant in starting_order(entered, round_number):
            yield course.run(contestant, round_number, SMALL_KEY)
            yield course.run(contestant, round_number, LARGE_KEY)


def _machine_facts(tools: Tools) -> dict[str, str | int | None]:
    # What explains a number, and nothing that tells whose machine it was.
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cpu_count": os.cpu_count(),
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        **{library: version(library) for library in ("boto3", "requests", "urllib3")},
        "nginx": version_of(tools.nginx, "-v"),
        "curl": version_of(tools.curl, "--version"),
        "aws": version_of(tools.aws, "--version") if tools.aws else None,
    }


if __name__ == "__main__":
    sys.exit(main())

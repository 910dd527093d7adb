"""`python -m benchmarks [--quick]`, or `make bench [QUICK=1]`: every benchmark, and at the end which claims hold.

What they measured goes to build/bench, and the pictures that are drawn of it to docs/pictures (with `--quick`, beside
the measurements: a quick run is too coarse to publish).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from rich.console import Console
from rich.table import Table

from benchmarks.local_parts import REPOSITORY

MEASURED = REPOSITORY / "build" / "bench"

CLAIMS = {
    "relay": "the warm handler takes at most 1.10 x the CPU of a bare TLS loop, and less than half of the manual's "
    "example's; its memory does not grow with the file",
    "starts": "the imports of a function take at most twice what `import boto3` takes",
    "burst": "a file takes the same CPU and the same calls to AWS, however many land at once",
    "pair": "zipping takes constant memory, and our level saves most of the CPU",
    "track": "a status check takes the same CPU with any number of open jobs, in constant memory",
    "reconcile": "a version takes the same CPU, however many are listed",
    "many_items": "the page and the command line take the same with 1,000 and with many more items",
    "metrics": "a model adds at most one custom metric",
}
"""By program."""

_WRITES_JSON = ("relay", "starts", "burst", "track")
_HELD, _BROKEN = 0, 1
_COLUMNS = 160
"""Of tables that go to a file."""

_BY_THE_CLOCK, _QUICK_BY_THE_CLOCK = ("relay", "burst", "track", "reconcile", "many_items"), ("relay",)
"""They run alone, the others two at a time: those compare the CPU of processes."""

_NOT_QUICK = ("metrics",)
"""It deploys stacks to count, and does not depend on any speed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all; return 0 if every claim holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller and fewer: two minutes")
    options = parser.parse_args(arguments)
    MEASURED.mkdir(parents=True, exist_ok=True)
    console, shown, codes = Console(), Table("claim", "measured by", "seconds", "holds", title="Claims"), []
    for name, code, seconds in _runs(console, quick=options.quick):
        verdict = {_HELD: "yes", _BROKEN: "[red]no"}.get(code, "[red]not measured")
        shown.add_row(CLAIMS[name], f"benchmarks.{name}", f"{seconds:.0f}", verdict)
        codes.append(code)
    codes.append(_draw(quick=options.quick))
    console.print(shown)
    return max(codes)


def _runs(console: Console, *, quick: bool) -> Iterator[tuple[str, int, float]]:
    """Yield each program, its exit code and its seconds."""
    alone = _QUICK_BY_THE_CLOCK if quick else _BY_THE_CLOCK
    others = [name for name in CLAIMS if name not in (*alone, *(_NOT_QUICK if quick else ()))]
    for names, at_a_time in ((alone, 1), (others, 2)):
        with ThreadPoolExecutor(at_a_time) as pool:
            runs = pool.map(partial(_run, quick=quick), names)
            for name, (code, seconds, output) in zip(names, runs, strict=True):
                console.rule(f"python -m benchmarks.{name}")
                print(output, end="", flush=True)
                yield name, code, seconds


def _run(name: str, *, quick: bool) -> tuple[int, float, str]:
    written = ["--json", str(MEASURED / f"{name}.json")] if name in _WRITES_JSON else []
    command = [sys.executable, "-m", f"benchmarks.{name}", *written, *(["--quick"] if quick else [])]
    started_at = time.monotonic()
    wide = {**os.environ, "COLUMNS": str(os.get_terminal_size().columns if sys.stdout.isatty() else _COLUMNS)}
    ended = subprocess.run(command, cwd=REPOSITORY, env=wide, stdout=subprocess.PIPE, text=True, check=False)
    return ended.returncode, time.monotonic() - started_at, ended.stdout


def _draw(*, quick: bool) -> int:
    place = ["--to", str(MEASURED)] if quick else []
    command = [sys.executable, "-m", "benchmarks.pictures", str(MEASURED), *place]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

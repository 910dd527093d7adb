"""`python -m benchmarks [--quick]`, or `make bench [QUICK=1]`: every benchmark, and at the end which claims hold.

What they measured goes to build/bench, and the pictures that are drawn of it to docs/pictures (with `--quick`, beside
the measurements: a quick run is too coarse to publish).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.local_parts import REPOSITORY

MEASURED = REPOSITORY / "build" / "bench"

CLAIMS = {
    "relay": "the warm handler takes at most 1.10 x the CPU of a bare TLS loop, and less than half of the manual's "
    "example's; its memory does not grow with the file",
    "starts": "",
    "burst": "a file takes the same CPU and the same calls to AWS, however many land at once",
    "pair": "zipping takes constant memory, and our level saves most of the CPU",
    "track": "a status check takes the same CPU with any number of open jobs, in constant memory",
    "reconcile": "a version takes the same CPU, however many are listed",
    "many_items": "the page and the command line take the same with 1,000 and with many more items",
    "metrics": "a model adds at most one custom metric",
}
"""By program; an empty one is measured without a claim."""

_WRITES_JSON = ("relay", "starts", "burst", "track")
_HELD, _BROKEN = 0, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all; return 0 if every claim holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller and fewer: under two minutes in all")
    options = parser.parse_args(arguments)
    MEASURED.mkdir(parents=True, exist_ok=True)
    console, shown, codes = Console(), Table("claim", "measured by", "seconds", "holds", title="Claims"), []
    for name, claim in CLAIMS.items():
        console.rule(f"python -m benchmarks.{name}")
        started_at = time.monotonic()
        codes.append(_run(name, quick=options.quick))
        verdict = {_HELD: "yes", _BROKEN: "[red]no"}.get(codes[-1], "[red]not measured")
        seconds = f"{time.monotonic() - started_at:.0f}"
        shown.add_row(claim or "(no claim)", f"benchmarks.{name}", seconds, verdict if claim or codes[-1] else "")
    console.rule("python -m benchmarks.pictures")
    codes.append(_draw(quick=options.quick))
    console.print(shown)
    return max(codes)


def _run(name: str, *, quick: bool) -> int:
    written = ["--json", str(MEASURED / f"{name}.json")] if name in _WRITES_JSON else []
    command = [sys.executable, "-m", f"benchmarks.{name}", *written, *(["--quick"] if quick else [])]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode


def _draw(*, quick: bool) -> int:
    place = ["--to", str(MEASURED)] if quick else []
    command = [sys.executable, "-m", "benchmarks.pictures", str(MEASURED), *place]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

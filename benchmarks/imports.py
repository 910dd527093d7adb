"""`python -m benchmarks.imports`: the CPU that importing each handler takes, against `import boto3` and another commit.

Each import runs in a process of its own; the contestants take turns, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

REPOSITORY = Path(__file__).resolve().parents[1]
ROUNDS = 9

_COUNT_MODULES = "; import sys; print(len([name for name in sys.modules if name.split('.')[0] == 'retrain']))"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and show a table; the ratios are of one run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--against", metavar="COMMIT", help="another commit of this repository, for example HEAD~1")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="imports-") as directory:
        trees = {"now": REPOSITORY / "functions"}
        if options.against:
            trees[options.against] = _functions_of(options.against, Path(directory))
        Console().print(_table(trees))
    return 0


def _functions_of(commit: str, directory: Path) -> Path:
    """Unpack a commit's `functions/`, and return where they are."""
    command = ["git", "archive", "--format=tar", commit, "functions"]
    packed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(directory)], input=packed.stdout, check=True)  # noqa: S607
    return directory / "functions"


def _table(trees: Mapping[str, Path]) -> Table:
    handlers = {
        (tree, path.name.split("_")[0]): (directory, path.stem)
        for tree, directory in trees.items()
        for path in sorted(directory.glob("*_handler.py"))
    }
    seconds: dict[tuple[str, str], list[float]] = {contestant: [] for contestant in handlers}
    alone: list[float] = []
    for _ in track(range(ROUNDS), "Importing"):
        alone.append(_import_seconds(REPOSITORY, "boto3")[0])
        for contestant, (directory, module) in handlers.items():
            seconds[contestant].append(_import_seconds(directory, module)[0])
    boto3 = statistics.median(alone)
    shown = Table("handler", *(f"{tree}: ms CPU (modules)" for tree in trees), "of import boto3", "of the other commit")
    for name in dict.fromkeys(name for _, name in handlers):
        medians = {tree: statistics.median(seconds[tree, name]) for tree in trees if (tree, name) in handlers}
        counts = {tree: _import_seconds(*handlers[tree, name])[1] for tree in medians}
        now, *others = medians.values()
        cells = [f"{1000 * medians[tree]:.0f} ({counts[tree]})" for tree in medians]
        shown.add_row(name, *cells, f"{now / boto3:.2f}", *(f"{now / other:.2f}" for other in others))
    shown.caption = f"medians of {ROUNDS} rounds; import boto3 takes {1000 * boto3:.0f} ms"
    return shown


def _import_seconds(directory: Path, module: str) -> tuple[float, int]:
    """Return the CPU seconds of a process that imports a module, and how many modules of ours it loads."""
    own = {"POWERTOOLS_SERVICE_NAME": "bench", "POWERTOOLS_METRICS_NAMESPACE": "bench"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}{_COUNT_MODULES}"],
        cwd=directory,
        env={**os.environ, **own, "PYTHONPATH": str(directory)},
        capture_output=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, int(done.stdout)


if __name__ == "__main__":
    sys.exit(main())

"""Measures the zip of a pair: each compression level's speed and size on CSV, and the memory that a large pair takes.

Run it as `python -m benchmarks.pair`. The CSV is made of the penguins' real values, each column drawn by itself.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.ending import exit_code
from benchmarks.progress import progress
from local.ministack import MiniStack

_PENGUINS = Path(__file__).resolve().parents[1] / "local" / "data" / "penguins.csv"
_MIB = 1024**2
_SMALL_MIB = 2

LEVELS = (1, 2, 3, 4, 6, 9)
OUR_LEVEL, _DEFAULT_LEVEL = 4, 6
MOST_CPU_OF_DEFAULT = 0.5
MOST_MEMORY_GROWTH_MIB = 16


def main() -> int:
    """Measure, and show; return 1 if a large pair takes more memory, or our level saves no CPU."""
    parser = argparse.ArgumentParser(prog="benchmarks.pair", description="Measure the zip of a pair.")
    parser.add_argument("--level-mib", type=int, help="size of the CSV that each level compresses (64)")
    parser.add_argument("--pair-mib", type=int, help="size of both files of the large pair together (1024)")
    parser.add_argument("--quick", action="store_true", help="smaller files")
    options = parser.parse_args()
    level_mib, pair_mib = options.level_mib or (8 if options.quick else 64), options.pair_mib
    pair_mib = pair_mib or (128 if options.quick else 1024)
    console = Console()
    with tempfile.TemporaryDirectory() as work_dir, progress() as shown:
        chunks = list(shown.track(csv_chunks(level_mib * _MIB), total=level_mib, description="Making CSV"))
        levels = {level: _compress(chunks, level) for level in shown.track(LEVELS, description="Compressing")}
        shown.add_task("Zipping pairs", total=None)
        aws = MiniStack(Path(work_dir))
        try:
            small, large = (peak_bytes(aws, mib, chunks) for mib in (_SMALL_MIB, pair_mib))
        finally:
            aws.stop()
    console.print(level_table(levels, level_mib))
    console.print(
        f"Zipping a pair of {pair_mib} MiB takes {large / _MIB:.1f} MiB of memory, "
        f"{(large - small) / _MIB:+.1f} MiB against a pair of {_SMALL_MIB} MiB."
    )
    return exit_code(broken_claims(levels, large - small), "constant memory, and our level saves most of the CPU")


def broken_claims(levels: Mapping[int, tuple[float, int]], growth_bytes: int) -> list[str]:
    """Return a sentence for each claim that does not hold."""
    broken = []
    if growth_bytes > MOST_MEMORY_GROWTH_MIB * _MIB:
        broken.append(f"Memory is not constant: a large pair takes {growth_bytes / _MIB:.1f} MiB more.")
    of_default = levels[OUR_LEVEL][0] / levels[_DEFAULT_LEVEL][0]
    if of_default > MOST_CPU_OF_DEFAULT:
        broken.append(f"Level {OUR_LEVEL} takes {of_default:.2f} times the CPU of level {_DEFAULT_LEVEL}.")
    return broken


def csv_chunks(size_bytes: int) -> Iterator[bytes]:
    """Yield about `size_bytes` of CSV, 1 MiB at a time."""
    with _PENGUINS.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    columns = list(zip(*rows, strict=True))
    draw = random.Random(1)  # noqa: S311 - the same data in each run
    for _ in range(size_bytes // _MIB):
        lines: list[str] = []
        length = 0
        while length < _MIB:
            lines.append(",".join(draw.choice(column) for column in columns) + "\r\n")
            length += len(lines[-1])
        yield "".join(lines).encode()[:_MIB]


def level_table(levels: Mapping[int, tuple[float, int]], raw_mib: int) -> Table:
    """Return each level's seconds and size, as ratios to level 6, which is zlib's default."""
    seconds_of_6, bytes_of_6 = levels[_DEFAULT_LEVEL]
    raw_bytes = raw_mib * _MIB
    table = Table(title=f"Deflate on {raw_bytes / _MIB:.0f} MiB of CSV", title_justify="left")
    for heading in ("level", "CPU, against level 6", "size, against level 6", "of the raw size"):
        table.add_column(heading, justify="right")
    for level, (seconds, size_bytes) in levels.items():
        ratios = (seconds / seconds_of_6, size_bytes / bytes_of_6, size_bytes / raw_bytes)
        table.add_row(str(level), *(f"{ratio:.2f}" for ratio in ratios))
    return table


def peak_bytes(aws: MiniStack, size_mib: int, chunks: list[bytes]) -> int:
    """Return the most memory that zipping a pair of that size took, in a process of its own."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=f"pair-{size_mib}")
    keys = ("d/train_src/train.csv", "d/eval_src/eval.csv")
    for key in keys:
        body = b"".join(chunks[number % len(chunks)] for number in range(size_mib // 2))
        s3.put_object(Bucket=f"pair-{size_mib}", Key=key, Body=body)
    command = [sys.executable, "-m", "benchmarks.zip_a_pair", f"pair-{size_mib}", *keys]
    environment = {**os.environ, **aws.environment, "PYTHONPATH": f"functions{os.pathsep}."}
    meter = [sys.executable, "-m", "benchmarks.meter", json.dumps([command])]
    measured = json.loads(subprocess.run(meter, env=environment, stdout=subprocess.PIPE, check=True).stdout)
    if measured["exit_codes"] != [0]:
        raise RuntimeError("The pair could not be zipped.")
    return int(measured["peak_memory_bytes"])


def _compress(chunks: list[bytes], level: int) -> tuple[float, int]:
    started = time.process_time()
    compressor = zlib.compressobj(level, zlib.DEFLATED, -15)
    size_bytes = sum(len(compressor.compress(chunk)) for chunk in chunks) + len(compressor.flush())
    return time.process_time() - started, size_bytes


if __name__ == "__main__":
    sys.exit(main())

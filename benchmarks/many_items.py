"""`python -m benchmarks.many_items`: what the page and the command line take when the table holds 100,000 files.

The template is deployed on MiniStack, and the items are written into its table directly: mostly files whose models went
live, with the same few that need a person at every size. Then the page function's views and `p1-retrain`'s commands
run, each in a process of its own. MiniStack looks at every item for each query, so the seconds are mostly its own, and
grow. What must not grow is what is ours: CPU, memory, calls, and the items that DynamoDB reads for them.
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
from benchmarks.landed_items import MODELS
from benchmarks.local_parts import MIB
from benchmarks.looks import Look, looks, many_items_stack, write_items
from benchmarks.progress import progress

MOST_GROWTH = 1.5
"""Of CPU, from the first size to the last."""

MOST_MEMORY_GROWTH_MIB = 16

MOST_FILES_OF_A_MODEL = {"status": 500, "files": 100}
"""That a look reads: claims about it begin at a size at which every model has as many."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, show and write; return 1 if a look takes more with more items."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_items", description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", help="one round of looks for each (1000 10000 100000)")
    parser.add_argument("--quick", action="store_true", help="fewer items")
    parser.add_argument("--json", type=Path, help="write every measurement to this file")
    options = parser.parse_args(arguments)
    sizes = options.items or ([2_000, 4_000] if options.quick else [1_000, 10_000, 100_000])
    console, taken = Console(), list[Look]()
    with progress() as shown, many_items_stack(shown) as (stack, parts):
        for before, items in zip([0, *sizes], sizes, strict=False):
            write_items(stack, shown, before, items)
            taken += looks(stack, parts, shown, items)
    console.print(_table(taken))
    write_measured(options.json, looks=[asdict(look) for look in taken])
    return exit_code(broken_claims(taken), "flat CPU, constant memory, the same calls and items read")


def broken_claims(looks: Sequence[Look]) -> list[str]:
    """Return a sentence for each claim that does not hold."""
    broken = []
    for what in dict.fromkeys(look.what for look in looks):
        least = MOST_FILES_OF_A_MODEL.get(what, 0) * MODELS
        same = [look for look in looks if look.what == what and look.items >= least]
        for look in same[1:]:
            told, first = f"{what} with {look.items:,} items, not {same[0].items:,}", same[0]
            if look.cpu_seconds > first.cpu_seconds * MOST_GROWTH:
                broken.append(
                    f"CPU is not flat: {told}, takes {look.cpu_seconds / first.cpu_seconds:.2f} times as much."
                )
            if look.peak_memory_bytes - first.peak_memory_bytes > MOST_MEMORY_GROWTH_MIB * MIB:
                broken.append(f"Memory is not constant: {told}.")
            if (look.calls, look.items_read) != (first.calls, first.items_read):
                broken.append(f"More is read: {told}: {look.calls} calls, {look.items_read} items.")
    return broken


def _table(looks: Sequence[Look]) -> Table:
    shown = Table(title="Looks at a table of so many items", title_justify="left")
    headings = ("look", "items", "seconds", "CPU s", "peak memory MiB", "calls", "items read")
    for heading in headings:
        shown.add_column(heading, justify="left" if heading == "look" else "right")
    for what in dict.fromkeys(look.what for look in looks):
        for look in (look for look in looks if look.what == what):
            took = f"{look.seconds:.1f}", f"{look.cpu_seconds:.2f}", f"{look.peak_memory_bytes / MIB:.1f}"
            shown.add_row(what, f"{look.items:,}", *took, str(look.calls), f"{look.items_read:,}")
    return shown


if __name__ == "__main__":
    sys.exit(main())

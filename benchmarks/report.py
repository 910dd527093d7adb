"""What the measurements of an upload say: medians, criteria, the tables on screen."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from rich.table import Table

from benchmarks.local_parts import MIB
from benchmarks.pipelines import BARE_LOOP, HANDLER, MANUAL_EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from benchmarks.course import Measurement

GIB = 1024 * MIB
MOST_CPU_OF_BARE_LOOP = 1.10
MOST_CPU_OF_BARE_LOOP_QUICK = 1.25
"""Of a smaller object, of which the calls to AWS are a larger part."""
LESS_CPU_THAN_MANUAL_EXAMPLE = 0.5
MOST_MEMORY_GROWTH_MIB = 16


@dataclass(frozen=True)
class Summary:
    """One contestant's medians for objects of one size; all but the start as in a warm function."""

    size_bytes: int
    start_cpu_seconds: float
    cpu_seconds: float
    wall_seconds: float
    memory_growth_mib: float

    @property
    def cpu_seconds_per_gib(self) -> float:
        """Return the CPU for a GiB, without the start."""
        return self.cpu_seconds / self.size_bytes * GIB

    @property
    def mib_per_second(self) -> float:
        """Return the speed, without the start."""
        return self.size_bytes / MIB / self.wall_seconds


@dataclass(frozen=True)
class Criterion:
    """One promise about the product, and what was measured."""

    promise: str
    measured: str
    met: bool


def summarise(name: str, size_bytes: int, measurements: Iterable[Measurement]) -> Summary:
    """Give the medians of the contestant `name` for objects of a size."""
    own = [each for each in measurements if (each.contestant, each.size_bytes) == (name, size_bytes)]
    return Summary(
        size_bytes,
        median(each.start_cpu_seconds for each in own),
        median(each.cpu_seconds for each in own),
        median(each.wall_seconds for each in own),
        median(each.memory_growth_bytes for each in own) / MIB,
    )


def judge(summaries: Mapping[str, Summary], most_of_bare: float = MOST_CPU_OF_BARE_LOOP) -> list[Criterion]:
    """Hold the upload handler against the bare loop, the manual's example and the memory limit."""
    ours, bare, example = summaries[HANDLER], summaries[BARE_LOOP], summaries[MANUAL_EXAMPLE]
    of_bare = ours.cpu_seconds / bare.cpu_seconds
    of_example = ours.cpu_seconds / example.cpu_seconds
    growth_mib = ours.memory_growth_mib
    return [
        Criterion(
            f"CPU of the warm handler <= {most_of_bare:.2f} x the bare loop",
            f"{of_bare:.2f} x",
            of_bare <= most_of_bare,
        ),
        Criterion(
            f"CPU of the warm handler < {LESS_CPU_THAN_MANUAL_EXAMPLE:.2f} x the manual's example",
            f"{of_example:.2f} x",
            of_example < LESS_CPU_THAN_MANUAL_EXAMPLE,
        ),
        Criterion(
            f"memory growth <= {MOST_MEMORY_GROWTH_MIB} MiB",
            f"{growth_mib:.1f} MiB",
            growth_mib <= MOST_MEMORY_GROWTH_MIB,
        ),
    ]


def contestants_table(title: str, titles: Mapping[str, str], summaries: Mapping[str, Summary]) -> Table:
    """Give the contestants' medians for one size, one row each."""
    shown = Table(title=title, caption="Medians. CPU: user + system of all processes of a contestant.")
    shown.add_column("contestant", no_wrap=True)
    for heading in ("start CPU s", "CPU s/GiB", "x bare", "MiB/s", "memory growth MiB"):
        shown.add_column(heading, justify="right")
    bare = summaries[BARE_LOOP]
    for name, own in summaries.items():
        shown.add_row(
            titles[name],
            f"{own.start_cpu_seconds:.2f}",
            f"{own.cpu_seconds_per_gib:.2f}",
            f"{own.cpu_seconds / bare.cpu_seconds:.2f}",
            f"{own.mib_per_second:.0f}",
            f"{own.memory_growth_mib:.1f}",
        )
    return shown


def sizes_table(summaries: Mapping[int, Mapping[str, Summary]]) -> Table:
    """Give the warm handler beside the bare loop for each size."""
    shown = Table(title="The warm handler by size")
    for heading in ("size", "seconds", "CPU s", "bare loop: CPU s", "x bare", "memory growth MiB"):
        shown.add_column(heading, justify="right")
    for size_bytes, by_name in summaries.items():
        ours, bare = by_name[HANDLER], by_name[BARE_LOOP]
        shown.add_row(
            size_name(size_bytes),
            f"{ours.wall_seconds:.3f}",
            f"{ours.cpu_seconds:.3f}",
            f"{bare.cpu_seconds:.3f}",
            f"{ours.cpu_seconds / bare.cpu_seconds:.2f}",
            f"{ours.memory_growth_mib:.1f}",
        )
    return shown


def size_name(size_bytes: int) -> str:
    """Return a size as people write it."""
    unit, name = next((unit, name) for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (1024, "KiB")) if size_bytes >= unit)
    return f"{size_bytes / unit:g} {name}"

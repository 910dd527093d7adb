"""What the measurements say: medians, criteria, the table on screen."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from rich.table import Table

from benchmarks.course import MIB, SMALL_MIB
from benchmarks.pipelines import BARE_LOOP, MANUAL_EXAMPLE, OURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from benchmarks.course import Measurement

_MIB_PER_GIB = 1024
MOST_CPU_OF_BARE_LOOP = 1.10
LESS_CPU_THAN_MANUAL_EXAMPLE = 0.5
MOST_MEMORY_GROWTH_MIB = 16


@dataclass(frozen=True)
class Summary:
    """One contestant's medians; its start is its run over the small object: interpreter, imports, handshakes."""

    cpu_seconds_per_gib: float
    start_cpu_seconds: float
    cpu_seconds_per_gib_after_start: float
    mib_per_second: float
    memory_growth_mib: float


@dataclass(frozen=True)
class Criterion:
    """One promise about the product's relay, and what was measured."""

    promise: str
    measured: str
    met: bool


def summarise(name: str, measurements: Iterable[Measurement]) -> Summary:
    """Give the medians of the contestant `name`."""
    own = [each for each in measurements if each.contestant == name]
    small = [each for each in own if each.size_bytes == SMALL_MIB * MIB]
    large = [each for each in own if each.size_bytes != SMALL_MIB * MIB]
    size_mib = large[0].size_bytes / MIB
    start_cpu_seconds = median(each.cpu_seconds for each in small)
    cpu_seconds = median(each.cpu_seconds for each in large)
    start_memory_bytes = median(each.peak_memory_bytes for each in small)
    memory_bytes = median(each.peak_memory_bytes for each in large)
    return Summary(
        cpu_seconds_per_gib=cpu_seconds / size_mib * _MIB_PER_GIB,
        start_cpu_seconds=start_cpu_seconds,
        cpu_seconds_per_gib_after_start=(cpu_seconds - start_cpu_seconds) / (size_mib - SMALL_MIB) * _MIB_PER_GIB,
        mib_per_second=size_mib / median(each.wall_seconds for each in large),
        memory_growth_mib=(memory_bytes - start_memory_bytes) / MIB,
    )


def judge(summaries: Mapping[str, Summary]) -> list[Criterion]:
    """Hold the product's relay against the bare loop, the manual's example and the memory limit."""
    ours, bare, example = summaries[OURS], summaries[BARE_LOOP], summaries[MANUAL_EXAMPLE]
    of_bare = ours.cpu_seconds_per_gib_after_start / bare.cpu_seconds_per_gib_after_start
    of_bare_with_start = ours.cpu_seconds_per_gib / bare.cpu_seconds_per_gib
    of_example = ours.cpu_seconds_per_gib / example.cpu_seconds_per_gib
    growth_mib = ours.memory_growth_mib
    return [
        # A warm function has started already: what the 1 MiB run costs is taken off, and shown beside.
        Criterion(
            f"CPU per GiB relayed <= {MOST_CPU_OF_BARE_LOOP:.2f} x bare loop",
            f"{of_bare:.2f} x ({of_bare_with_start:.2f} x with the start of either process)",
            of_bare <= MOST_CPU_OF_BARE_LOOP,
        ),
        Criterion(
            f"CPU < {LESS_CPU_THAN_MANUAL_EXAMPLE:.2f} x the manual's example, both with their start",
            f"{of_example:.2f} x",
            of_example < LESS_CPU_THAN_MANUAL_EXAMPLE,
        ),
        Criterion(
            f"memory growth <= {MOST_MEMORY_GROWTH_MIB} MiB",
            f"{growth_mib:.1f} MiB",
            growth_mib <= MOST_MEMORY_GROWTH_MIB,
        ),
    ]


def table(title: str, contestant_titles: Mapping[str, str], summaries: Mapping[str, Summary]) -> Table:
    """Give the contestants' medians, one row each."""
    shown = Table(title=title, caption="Medians. CPU: user + system of all processes of a contestant.")
    shown.add_column("contestant", no_wrap=True)
    for heading in ("CPU s/GiB", "start CPU s", "without start", "x bare", "MiB/s", "memory growth MiB"):
        shown.add_column(heading, justify="right")
    bare = summaries[BARE_LOOP]
    for name, own in summaries.items():
        shown.add_row(
            contestant_titles[name],
            f"{own.cpu_seconds_per_gib:.2f}",
            f"{own.start_cpu_seconds:.2f}",
            f"{own.cpu_seconds_per_gib_after_start:.2f}",
            f"{own.cpu_seconds_per_gib_after_start / bare.cpu_seconds_per_gib_after_start:.2f}",
            f"{own.mib_per_second:.0f}",
            f"{own.memory_growth_mib:.1f}",
        )
    return shown

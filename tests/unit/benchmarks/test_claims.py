"""A benchmark says in a sentence which of its claims does not hold; without one, it ends well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import burst, many_items, metrics, pair, reconcile, track
from benchmarks.local_parts import MIB, Run
from benchmarks.looks import Look
from benchmarks.track_stage import Measurement

RUN = Run(
    invocations=1,
    seconds=1,
    cpu_seconds=1,
    first_cpu_seconds=0,
    start_cpu_seconds=0,
    peak_memory_bytes=64 * MIB,
    log_bytes=0,
    calls={},
    answer=None,
)
SMALL_BURST = burst.Burst(100, 1, 10, 64 * MIB, 2_000, {"UpdateItem": 3, "GetSecretValue": 0.2}, {"put": 1})
LARGE_BURST = replace(SMALL_BURST, files=10_000, calls_per_file={"UpdateItem": 3, "GetSecretValue": 0.002})
FEW = Look("page", 1_000, 1, 0.2, 64 * MIB, 27, 320)
MANY = replace(FEW, items=100_000, seconds=60)


@pytest.mark.parametrize(
    ("changes", "memory_bytes", "words"),
    [
        ({}, {1: 64 * MIB}, []),
        ({"cpu_ms_per_file": 16}, {}, ["CPU per file is not flat: 1.60 times"]),
        ({"calls_per_file": {"UpdateItem": 3.1}}, {}, ["UpdateItem is called more often"]),
        ({"service_calls_per_file": {"put": 1.01}}, {}, ["put is called more often"]),
        ({"peak_memory_bytes": 90 * MIB}, {}, ["10,000 files take 26.0 MiB more"]),
        ({}, {1_024: 90 * MIB}, ["one file of 1,024 MiB take 26.0 MiB more"]),
    ],
)
def test_burst(changes: dict[str, object], memory_bytes: dict[int, int], words: list[str]) -> None:
    """CPU and calls per file, and memory by files and by their size."""
    large = replace(LARGE_BURST, **changes)  # type: ignore[arg-type]  # mypy does not look into the mapping

    _told_are(words, burst.broken_claims([SMALL_BURST, large], memory_bytes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"cpu_seconds": 0.32}, ["CPU is not flat: page with 100,000 items"]),
        ({"peak_memory_bytes": 90 * MIB}, ["Memory is not constant: page"]),
        ({"items_read": 321}, ["27 calls, 321 items"]),
        ({"calls": 28}, ["28 calls, 320 items"]),
    ],
)
def test_many_items(changes: dict[str, object], words: list[str]) -> None:
    """CPU, memory, calls, and the items read."""
    many = replace(MANY, **changes)  # type: ignore[arg-type]  # mypy does not look into the mapping

    _told_are(words, many_items.broken_claims([FEW, many]))


def test_status_may_grow_until_every_model_has_500_files() -> None:
    """So much it looks at, and no more."""
    sizes = [1_000, 10_000, 100_000]
    looks = [
        replace(FEW, what="status", items=items, calls=calls)
        for items, calls in zip(sizes, (42, 122, 123), strict=True)
    ]

    assert many_items.broken_claims(looks[:2]) == []
    _told_are(["status with 100,000 items, not 10,000: 123 calls"], many_items.broken_claims(looks))


def test_track() -> None:
    """CPU per check, and memory by the number of jobs."""
    few = Measurement(100, 100, replace(RUN, cpu_seconds=1))
    same = Measurement(1_000, 1_000, replace(RUN, cpu_seconds=9))
    more = Measurement(1_000, 1_000, replace(RUN, cpu_seconds=16, peak_memory_bytes=90 * MIB))

    assert track.broken_claims([few, same]) == []
    _told_are(["CPU per check is not flat: 1.60 times", "26.0 MiB more"], track.broken_claims([few, more]))


def test_reconcile() -> None:
    """CPU per version that was listed; a run stops once it has enough files to send."""
    kinds = {"older": 14, "known": 16, "missing": 8}
    runs = [reconcile.Measurement(kind, 10_000, RUN) for kind in kinds]
    runs += [reconcile.Measurement(kind, 100_000, replace(RUN, cpu_seconds=cpu)) for kind, cpu in kinds.items()]

    words = ["1.60 times as much with 100,000, known", "1.60 times as much with 100,000, missing"]
    _told_are(words, reconcile.broken_claims(runs))


def _told_are(words: list[str], told: list[str]) -> None:
    assert len(told) == len(words)
    assert all(part in sentence for part, sentence in zip(words, told, strict=True))


def test_metrics() -> None:
    """One more model adds one metric at most."""
    assert metrics.broken_claims([(1, 12, 26), (50, 61, 75)]) == []
    _told_are(["76 with 50 models, 26 with 1"], metrics.broken_claims([(1, 12, 26), (50, 61, 76)]))


def test_pair() -> None:
    """The memory of a large pair, and the CPU of our level."""
    assert pair.broken_claims({4: (0.27, 116), 6: (1, 100)}, MIB) == []
    words = ["26.0 MiB more", "Level 4 takes 0.60 times the CPU of level 6"]
    _told_are(words, pair.broken_claims({4: (0.6, 116), 6: (1, 100)}, 26 * MIB))

"""What the benchmark of an upload makes of its measurements."""

from __future__ import annotations

import pytest

from benchmarks.course import Measurement
from benchmarks.local_parts import MIB
from benchmarks.pipelines import BARE_LOOP, HANDLER, MANUAL_EXAMPLE, Contestant
from benchmarks.relay import starting_order
from benchmarks.report import GIB, Summary, judge, size_name, summarise


def _measurement(contestant: str, size_mib: int, cpu_seconds: float, growth_mib: int = 0) -> Measurement:
    return Measurement(contestant, 0, size_mib * MIB, 0.5, cpu_seconds, 2 * cpu_seconds, growth_mib * MIB)


def _summary(cpu_seconds: float, memory_growth_mib: float = 0) -> Summary:
    return Summary(GIB, 0.4, cpu_seconds, 1, memory_growth_mib)


def test_summary_is_of_medians() -> None:
    """One slow run changes nothing."""
    runs = [_measurement(HANDLER, 512, *took) for took in ((1.5, 2), (9, 80), (1, 3))]

    summary = summarise(HANDLER, 512 * MIB, runs)

    assert summary.cpu_seconds_per_gib == 3
    assert summary.start_cpu_seconds == 0.5
    assert summary.mib_per_second == pytest.approx(512 / 3)
    assert summary.memory_growth_mib == 3


def test_other_contestants_and_sizes_do_not_count_into_a_summary() -> None:
    """A contestant's medians are of its own runs on one size."""
    others = [_measurement(BARE_LOOP, 1024, 50), _measurement(HANDLER, 1, 50)]

    summary = summarise(HANDLER, GIB, [_measurement(HANDLER, 1024, 2), *others])

    assert summary.cpu_seconds_per_gib == 2


@pytest.mark.parametrize(
    ("ours", "met"),
    [
        (_summary(1.10, 16), [True, True, True]),
        (_summary(1.11, 16), [False, True, True]),
        (_summary(2.0, 16), [False, False, True]),
        (_summary(1.0, 16.1), [True, True, False]),
    ],
    ids=["at the limits", "over the bare loop", "half of the example", "too much memory"],
)
def test_each_criterion_has_its_own_limit(ours: Summary, met: list[bool]) -> None:
    """1.10 x and 16 MiB are still met, half of the example is not."""
    others = {BARE_LOOP: _summary(1.0), MANUAL_EXAMPLE: _summary(4.0)}

    criteria = judge({HANDLER: ours, **others})

    assert [criterion.met for criterion in criteria] == met


def test_every_contestant_begins_a_round_in_turn() -> None:
    """Nobody always runs after the same one, and nobody is left out."""
    entered = [Contestant(name, name, lambda _: []) for name in "abc"]

    orders = ["".join(each.name for each in starting_order(entered, number)) for number in range(4)]

    assert orders == ["abc", "bca", "cab", "abc"]


def test_sizes_are_written_as_people_do() -> None:
    """In the largest unit that fits."""
    assert [size_name(size) for size in (1024, 64 * MIB, 5 * GIB)] == ["1 KiB", "64 MiB", "5 GiB"]

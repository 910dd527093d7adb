"""What the benchmark makes of its measurements."""

from __future__ import annotations

import pytest

from benchmarks.course import MIB, SMALL_MIB, Measurement
from benchmarks.pipelines import BARE_LOOP, MANUAL_EXAMPLE, OURS, Contestant
from benchmarks.relay import starting_order
from benchmarks.report import Summary, judge, summarise


def _measurement(size_mib: int, cpu_seconds: float, wall_seconds: float, memory_mib: int) -> Measurement:
    return Measurement(OURS, 0, size_mib * MIB, wall_seconds, cpu_seconds, memory_mib * MIB)


def _summary(cpu_seconds_per_gib: float, memory_growth_mib: float = 0) -> Summary:
    return Summary(cpu_seconds_per_gib, 0, cpu_seconds_per_gib, 0, memory_growth_mib)


def test_summary_is_of_medians_and_growth_is_over_the_small_object() -> None:
    """One slow run changes nothing, and what a process needs to start is not growth."""
    small = [_measurement(SMALL_MIB, 0.5, 1, 50)]
    large = [_measurement(512, 1.5, 2, 53), _measurement(512, 9, 60, 90), _measurement(512, 1, 1, 51)]

    summary = summarise(OURS, small + large)

    assert summary.cpu_seconds_per_gib == pytest.approx(3)
    assert summary.start_cpu_seconds == 0.5
    assert summary.cpu_seconds_per_gib_after_start == pytest.approx(1024 / 511)
    assert summary.mib_per_second == 256
    assert summary.memory_growth_mib == 3


def test_other_contestants_do_not_count_into_a_summary() -> None:
    """A contestant's medians are of its own runs."""
    own = [_measurement(SMALL_MIB, 0, 1, 1), _measurement(1024, 2, 1, 1)]
    other = Measurement(BARE_LOOP, 0, 1024 * MIB, 50.0, 50.0, 50 * MIB)

    summary = summarise(OURS, [*own, other])

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

    criteria = judge({OURS: ours, **others})

    assert [criterion.met for criterion in criteria] == met


def test_every_contestant_begins_a_round_in_turn() -> None:
    """Nobody always runs after the same one, and nobody is left out."""
    entered = [Contestant(name, name, lambda _: []) for name in "abc"]

    orders = ["".join(each.name for each in starting_order(entered, number)) for number in range(4)]

    assert orders == ["abc", "bca", "cab", "abc"]

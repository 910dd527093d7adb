"""Pictures are the same for the same numbers, and have no background and no date of their own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.cost_inputs import Inputs
from benchmarks.pictures import DRAWN_FROM, PICTURES, draw_cost, draw_relay

RELAY = {
    "titles": {"handler": "the upload handler", "bare_loop": "bare loop"},
    "compared": {"handler": {"cpu_seconds_per_gib": 2.5}, "bare_loop": {"cpu_seconds_per_gib": 2.1}},
}


def test_cost_picture_is_of_the_present_costs(tmp_path: Path) -> None:
    """As the page: whoever changes the template, a price or a measured step draws it again."""
    draw_cost(Inputs(), tmp_path / "cost.svg")

    assert (tmp_path / "cost.svg").read_text() == (PICTURES / "cost.svg").read_text()


def test_contestants_are_ordered_by_their_cpu_with_their_numbers(tmp_path: Path) -> None:
    """The one that takes least comes first; the numbers stand beside the bars, as text."""
    draw_relay(RELAY, tmp_path / "relay.svg")

    drawn = (tmp_path / "relay.svg").read_text()
    assert drawn.index(">bare loop<") < drawn.index(">the upload handler<")
    assert ">2.50<" in drawn
    assert "<dc:date>" not in drawn


def test_every_picture_is_in_the_docs() -> None:
    """With the numbers of a run, which docs/benchmarks.md names."""
    assert [name for name in DRAWN_FROM if not (PICTURES / name).exists()] == []

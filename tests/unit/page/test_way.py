"""A file's way as four stops."""

from __future__ import annotations

from typing import Any

import pytest

from retrain.page.way import AHEAD, HERE, PASSED, STUCK, way_of
from tests.unit.page.items import CLOCK, item_of

UPLOADED = {"uploaded_at": "2026-11-25T10:00:36.000Z"}
FINISHED = {**UPLOADED, "finished_at": "2026-11-25T11:30:00.000Z"}
OPEN = {"open_job": "open"}


@pytest.mark.parametrize(
    ("item", "states", "texts"),
    [
        (item_of("UPLOADING", pending_since="x"), [PASSED, HERE, AHEAD, AHEAD], ["2 h", "", ""]),
        (item_of("TRAINING", **UPLOADED, **OPEN), [PASSED, PASSED, HERE, AHEAD], ["36 s", "1 h 59 min", ""]),
        (item_of("FINISHED", **FINISHED), [PASSED, PASSED, PASSED, AHEAD], ["36 s", "1 h 29 min", ""]),
        (item_of("FINISHED", **FINISHED, **OPEN), [PASSED, PASSED, PASSED, HERE], ["36 s", "1 h 29 min", "30 min"]),
        (
            item_of("SWITCHED", **FINISHED, switched_at="2026-11-25T11:30:05.000Z"),
            [PASSED, PASSED, PASSED, PASSED],
            ["36 s", "1 h 29 min", "5 s"],
        ),
        (item_of("REJECTED"), [PASSED, STUCK, AHEAD, AHEAD], ["", "", ""]),
        (item_of("FAILED", **UPLOADED), [PASSED, PASSED, STUCK, AHEAD], ["36 s", "", ""]),
        (item_of("SUPERSEDED"), [PASSED, AHEAD, AHEAD, AHEAD], ["", "", ""]),
    ],
    ids=lambda value: value["status"] if isinstance(value, dict) else "",
)
def test_way_says_where_a_file_is(item: dict[str, Any], states: list[str], texts: list[str]) -> None:
    """The leg that it is on counts until now."""
    way = way_of(item, CLOCK)

    assert [stop.state for stop in way.stops] == states
    assert [leg.text for leg in way.legs] == texts


def test_way_is_said_in_words() -> None:
    """For those who do not see the drawing."""
    way = way_of(item_of("TRAINING", **UPLOADED, **OPEN), CLOCK)

    assert way.summary == "landed to uploaded in 36 s; on the way from uploaded to finished for 1 h 59 min"

"""Write units are counted as DynamoDB charges them: for the table, and for each index that holds the item."""

from __future__ import annotations

import pytest

from benchmarks.write_units import Image, write_units

INDEXES = (
    {"KeySchema": [{"AttributeName": "model"}, {"AttributeName": "landed_at"}]},
    {"KeySchema": [{"AttributeName": "open_job"}, {"AttributeName": "next_check_at"}]},
)
NOTHING: Image = {}
LANDED: Image = {"object_uri": {"S": "uri"}, "model": {"S": "penguins"}, "landed_at": {"S": "2026"}}
OPEN: Image = {**LANDED, "open_job": {"S": "open"}, "next_check_at": {"N": "1"}}
LATER: Image = {**OPEN, "next_check_at": {"N": "2"}}
LARGE: Image = {**OPEN, "error_message": {"S": "é" * 512}}


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        pytest.param(NOTHING, LANDED, 2, id="a new item: the table, and the index that holds it"),
        pytest.param(LANDED, OPEN, 3, id="it comes into the second index"),
        pytest.param(OPEN, LATER, 4, id="its key in the second index changes: a delete and a put there"),
        pytest.param(LATER, LANDED, 3, id="it leaves the second index"),
        pytest.param(OPEN, LARGE, 6, id="over 1 KB, by its bytes: two units everywhere"),
        pytest.param(LARGE, NOTHING, 6, id="deleted: by its size before"),
    ],
)
def test_units_of_a_write(before: Image, after: Image, units: int) -> None:
    """A write is charged by the larger of both sizes, in whole kilobytes."""
    assert write_units(before, after, INDEXES) == units

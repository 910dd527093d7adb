"""What a landed file is called, and which model it belongs to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from retrain.moments import iso_utc
from tests.conftest import landed_as


@pytest.mark.parametrize(
    ("key", "path", "model", "filename"),
    [
        ("m/a.csv", "m/a.csv", "m", "a.csv"),
        ("m/2026/11/a.csv", "m/2026/11/a.csv", "m", "a.csv"),
        ("in/m/a.csv", "m/a.csv", "m", "a.csv"),
        ("a.csv", "a.csv", "", "a.csv"),
        ("in/a.csv", "a.csv", "", "a.csv"),
        ("//a.csv", "//a.csv", "", "a.csv"),
    ],
)
def test_first_folder_below_the_prefix_is_the_model(key: str, path: str, model: str, filename: str) -> None:
    """A file in no folder belongs to no model."""
    landed = landed_as(key, path=path)

    assert (landed.model, landed.filename, landed.uri) == (model, filename, f"s3://{landed.bucket}/{key}")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC), "2026-11-23T01:02:03.000Z"),
        (datetime(2026, 11, 23, 1, 2, 3, 999_999, tzinfo=UTC), "2026-11-23T01:02:03.999Z"),
        (datetime(2026, 11, 23, 1, 2, 3, tzinfo=timezone(timedelta(hours=9))), "2026-11-22T16:02:03.000Z"),
    ],
)
def test_moments_are_written_in_utc_with_milliseconds(moment: datetime, text: str) -> None:
    """One length for all, so that text sorts by time."""
    assert iso_utc(moment) == text

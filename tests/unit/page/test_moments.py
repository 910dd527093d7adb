"""Moments and durations as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from retrain.page.files import size_text, split_uri
from retrain.page.moments import Clock, duration, seconds_between

CLOCK = Clock(datetime(2026, 11, 25, 12, 0, tzinfo=UTC), timezone(timedelta(hours=9)))


@pytest.mark.parametrize(
    ("at", "shown", "ago"),
    [
        ("2026-11-25T11:59:30.000Z", "25 Nov 20:59", "just now"),
        ("2026-11-24T18:00:00Z", "25 Nov 03:00", "18 h ago"),
        ("2025-12-31T14:59:59Z", "31 Dec 2025 23:59", "328 d ago"),
        ("yesterday", "", ""),
        ("2026-11-25T11:59:30", "", ""),
        (None, "", ""),
    ],
)
def test_moment_is_shown_in_the_zone_of_the_viewer(at: object, shown: str, ago: str) -> None:
    """What a person has edited to something else is shown as nothing."""
    assert (CLOCK.moment(at), CLOCK.ago(at)) == (shown, ago)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (11_520, "3 h 12 min"), (180_000, "2 d 2 h")],
)
def test_duration_has_two_units_at_most(seconds: float, shown: str) -> None:
    """The rest does not matter."""
    assert duration(seconds) == shown


def test_moments_out_of_order_are_no_negative_duration() -> None:
    """S3 gives whole seconds, so a file can arrive before it landed."""
    assert seconds_between("2026-11-25T12:00:01Z", "2026-11-25T12:00:00.900Z") == 0
    assert seconds_between("2026-11-25T12:00:01Z", None) is None


@pytest.mark.parametrize(
    ("size", "shown"), [(2, "2 bytes"), (1024, "1 KiB"), (15_241_000, "14.5 MiB"), (5 * 2**30, "5 GiB"), ("x", "")]
)
def test_size_has_the_unit_that_suits_it(size: object, shown: str) -> None:
    """Three digits are enough."""
    assert size_text(size) == shown


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("s3://bucket/m/2026/a.csv", ("m/2026/", "a.csv")),
        ("s3://bucket/m/w47/", ("m/", "w47/")),
        ("s3://bucket/a.csv", ("", "a.csv")),
        ("message:1f", ("", "message:1f")),
    ],
)
def test_uri_is_split_into_its_folder_and_name(uri: str, parts: tuple[str, str]) -> None:
    """A pair is a folder; a message that is no file has no bucket."""
    assert split_uri(uri) == parts

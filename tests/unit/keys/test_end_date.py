"""The end of a key's 30 days, whose format is documented nowhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain.keys.end_date import EARLIEST, LATEST_FROM_NOW, parse_end_date

NOW = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
END = datetime(2026, 12, 23, 10, 0, 0, tzinfo=UTC)

READABLE: dict[datetime, list[object]] = {
    END: [
        "2026-12-23T10:00:00Z",
        "2026-12-23T10:00:00+00:00",
        "2026-12-23T10:00:00.123Z",
        "2026-12-23T10:00:00.123456789Z",
        "2026-12-23T10:00:00,5Z",
        "2026-12-23T19:00:00+09:00",
        "2026-12-23T19:00:00+0900",
        "2026-12-23T19:00:00 +09",
        "2026-12-23 19:00:00 JST",
        "2026-12-23T04:30:00-05:30",
        "2026-12-23T10:00:00",
        "2026-12-23T10:00",
        "2026-12-23 10:00:00",
        "2026-12-23 10:00:00 UTC",
        "2026/12/23 10:00:00",
        "2026.12.23 10:00",
        "2026-12-23 10:00 XYZ",
        "Wed Dec 23 19:00:00 JST 2026",
        "20261223T100000Z",
        "20261223100000",
        "  2026-12-23T10:00:00z\n",
        "Wed, 23 Dec 2026 10:00:00 GMT",
        "Wed, 23 Dec 2026 19:00:00 +0900",
        "23 Dec 2026 10:00:00 -0000",
        1798020000,
        1798020000.0,
        "1798020000",
        1798020000000,
        "1798020000000",
    ],
    END.replace(hour=0): [
        "2026-12-23",
        "2026/12/23",
        "20261223",
        "2026.12.23",
        "12/23/2026",
        "23.12.2026",
        "Dec 23, 2026",
    ],
    datetime(2026, 12, 3, tzinfo=UTC): ["2026-12-03", "2026-12-3", "2026/12/3", "20261203", "Thu, 03 Dec 2026"],
}


@pytest.mark.parametrize(
    ("value", "moment"), [(value, moment) for moment, values in READABLE.items() for value in values]
)
def test_plausible_format_is_read(value: object, moment: datetime) -> None:
    """To the second: without a zone it is UTC, without a time the first moment of the day."""
    read = parse_end_date(value, NOW)

    assert read is not None
    assert read.replace(microsecond=0) == moment


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        "soon",
        "2026-13-23",
        "2026-02-30T00:00:00Z",
        "2026-12-23T25:00:00Z",
        "2026-12-23T10:00:00+99:00",
        "0000-00-00",
        "1999-12-23",
        "2126-12-23",
        0,
        -1,
        30,
        10**400,
        "9" * 400,
        "NaN",
        float("inf"),
        float("nan"),
        [],
        {"end": "2026-12-23"},
    ],
)
def test_anything_else_is_none(value: object) -> None:
    """What is no date, or none that a key could end on."""
    assert parse_end_date(value, NOW) is None


@pytest.mark.parametrize(
    "value",
    [
        "10",
        "May",
        "Wed",
        "10:00",
        "2026",
        "2026-12",
        "May 2026",
        "Wed 2026-12",
        "23 Dec",
        "12/23",
        "03/12/2026",
        "26-12-23",
    ],
)
def test_what_would_have_to_be_guessed_is_none(value: str) -> None:
    """A day, a month and a year are there, and their order is plain."""
    assert parse_end_date(value, NOW) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
ALMOST_DATES = st.text(alphabet="0123456789-/:.+TZ ,年月日GMTJanWedpm", max_size=40)


@given(JSON | ALMOST_DATES)
def test_nothing_makes_it_fail(value: object) -> None:
    """Whatever the service sends, it is a plausible moment with a zone, or None."""
    moment = parse_end_date(value, NOW)

    assert moment is None or EARLIEST <= moment <= NOW + LATEST_FROM_NOW


@given(
    st.datetimes(
        min_value=datetime(2020, 1, 2),  # noqa: DTZ001 - hypothesis wants it without, and adds the zone
        max_value=datetime(2036, 1, 1),  # noqa: DTZ001 - the same
        timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    ),
    st.sampled_from(["iso", "epoch", "milliseconds", "rfc2822"]),
)
def test_what_python_writes_is_read_back(moment: datetime, form: str) -> None:
    """In every zone and form, to the second."""
    texts = {
        "iso": moment.isoformat(),
        "epoch": int(moment.timestamp()),
        "milliseconds": int(moment.timestamp() * 1000),
        "rfc2822": moment.strftime("%a, %d %b %Y %H:%M:%S %z"),
    }

    read = parse_end_date(texts[form], NOW)

    assert read is not None
    assert abs(read - moment) < timedelta(seconds=1)

"""Reads when an API key ends. The format is not documented: a value that names one plausible moment is accepted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dateutil import parser  # type: ignore[import-untyped]  # the one function used here is not worth a stub package

LIFETIME = timedelta(days=30)
"""Of every key, according to the manual. Used where no `end_date` is stored."""

WARNING_DAYS = 7
"""A rotation every 14 days leaves a key of 30 days at least 16."""

EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
LATEST_FROM_NOW = timedelta(days=3653)
"""An earlier or later moment is some other number, not the end of a key."""

OTHER_DATE = datetime(2021, 2, 15, tzinfo=UTC)
"""Differs from EARLIEST in day, month and year, by more than a week, as a weekday moves a guessed day."""


def parse_end_date(value: object, now: datetime) -> datetime | None:
    """Return the moment that a text, or epoch seconds or milliseconds, names; None if none or several. Never raises.

    A time without a known zone is read as UTC, a date without a time as its first moment.
    """
    for read in (_epoch, _text):
        try:
            moment = read(value)
            if moment is not None and EARLIEST <= moment <= now + LATEST_FROM_NOW:
                return moment
        except (ValueError, ArithmeticError, OSError, TypeError):
            continue  # what the readers raise on garbage
    return None


def _epoch(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    number = float(value)
    seconds = number / 1000 if number > 1e11 else number  # noqa: PLR2004 - 1e11 s are the year 5138, 1e11 ms 1973
    return datetime.fromtimestamp(seconds, UTC)


def _text(value: object) -> datetime | None:
    """Read a text in two ways. They differ where dateutil must guess a day, month or year, or their order."""
    if not isinstance(value, str):
        return None
    unordered = not value.strip()[:4].isdigit()  # where a year comes first, the month is next
    one = parser.parse(value, default=EARLIEST, tzinfos=_offset)
    two = parser.parse(value, default=OTHER_DATE, tzinfos=_offset, yearfirst=True, dayfirst=unordered)
    return one if one == two else None


def _offset(zone: str | None, seconds: int | None) -> int:
    return seconds or (9 * 3600 if zone == "JST" else 0)

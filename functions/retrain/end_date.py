"""Reads the end of an API key's 30 days. Its format is documented nowhere, so every plausible one is understood."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
LATEST_FROM_NOW = timedelta(days=3653)
"""What is earlier or later is some other number, not the end of a key."""

_DATE = r"(?P<year>\d{4})(?:[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?|(?P<month2>\d\d)(?P<day2>\d\d))"
_TIME = r"(?P<hour>\d{1,2}):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,]\d+)?)?"
_ZONE = r"(?P<zone>Z|UTC|GMT|JST|[+-]\d\d(?::?\d\d)?)"
_NUMERIC = re.compile(rf"{_DATE}(?:[T ]*{_TIME}\s*{_ZONE}?)?", re.ASCII | re.IGNORECASE)

_HOURS_AHEAD = {"z": 0, "utc": 0, "gmt": 0, "jst": 9}


def parse_end_date(value: object, now: datetime) -> datetime | None:
    """Return the moment that an `end_date` names, None if it names no plausible one; never raises.

    A time without a zone is taken for UTC, a date without a time for its first moment: rather too early than too late.

    Parameters
    ----------
    value
        What the service sent: ISO 8601 and its relatives, RFC 2822, or epoch seconds or milliseconds.
    now
        The present, with its zone.
    """
    for read in (_epoch, _numeric, _rfc2822):
        try:
            moment = read(value)
        except (ValueError, OverflowError, OSError, TypeError, IndexError, AttributeError):
            continue  # what the standard library's readers raise on garbage
        if moment is not None and EARLIEST <= moment <= now + LATEST_FROM_NOW:
            return moment
    return None


def _epoch(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    number = float(value)
    seconds = number / 1000 if number > 1e11 else number  # noqa: PLR2004 - 1e11 s are the year 5138, 1e11 ms 1973
    return datetime.fromtimestamp(seconds, UTC)


def _numeric(value: object) -> datetime | None:
    found = _NUMERIC.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    month, day = found["month"] or found["month2"], found["day"] or found["day2"]
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    local = datetime(int(found["year"]), int(month), int(day), hour, minute, second, tzinfo=UTC)
    return local - _offset(found["zone"] or "Z")


def _rfc2822(value: object) -> datetime | None:
    moment = parsedate_to_datetime(value) if isinstance(value, str) else None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _offset(zone: str) -> timedelta:
    if zone.lower() in _HOURS_AHEAD:
        return timedelta(hours=_HOURS_AHEAD[zone.lower()])
    digits = zone[1:].replace(":", "")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return -ahead if zone.startswith("-") else ahead

"""Moments as people give and read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from p1_retrain.errors import CommandFailed

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_AGO = re.compile(r"(\d+)([mhd])")


def moment_of(text: str, now: datetime) -> datetime:
    """Return the moment that a text means: ISO 8601, or for example `30m`, `12h` or `7d` before now.

    Raises
    ------
    CommandFailed
        It is neither.
    """
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandFailed(
            f"{text!r} is no moment: give for example 2026-11-23, 2026-11-23T09:00:00+09:00, 12h or 7d."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def local_time(iso: str | None) -> str:
    """Return a moment in the reader's time zone, to the second; a dash if there is none."""
    if not iso:
        return "-"
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def zone() -> str:
    """Return the abbreviation of the reader's time zone."""
    return datetime.now().astimezone().strftime("%Z")


def distance(iso: str | None, now: datetime) -> str:
    """Return how far a moment is away, for example `3 min ago` or `in 2 h`; empty if there is none."""
    if not iso:
        return ""
    seconds = (datetime.fromisoformat(iso) - now).total_seconds()
    size = span(abs(seconds))
    return f"in {size}" if seconds > 0 else f"{size} ago"


def span(seconds: float) -> str:
    """Return a duration in its largest unit that shows at least 2, for example `95 s`, `12 min`, `30 h` or `9 days`."""
    for unit_seconds, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit_seconds:
            return f"{int(seconds // unit_seconds)} {unit}"
    return f"{int(seconds)} s"


def counted(number: int, thing: str) -> str:
    """Return a number of things, for example `1 message` or `2 messages`."""
    return f"{number} {thing}" + ("" if number == 1 else "s")

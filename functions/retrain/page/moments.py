"""Moments and durations as people read them, in the viewer's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime, tzinfo

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Clock:
    """What time it is, where the viewer is."""

    now: datetime
    zone: tzinfo

    def moment(self, text: object) -> str:
        """Return a moment in ISO 8601 as local time, for example `25 Nov 21:51`; an empty text if it is none."""
        at = _parse(text)
        if at is None:
            return ""
        local = at.astimezone(self.zone)
        year = "" if local.year == self.now.astimezone(self.zone).year else f" {local.year}"
        return f"{local.day} {local:%b}{year} {local:%H:%M}"

    def exact(self, text: object) -> str:
        """Return a moment with its date, seconds and time zone; what is no moment stays as it is."""
        at = _parse(text)
        return str(text) if at is None else at.astimezone(self.zone).isoformat(sep=" ", timespec="seconds")

    def ago(self, text: object) -> str:
        """Return how long ago a moment was, for example `3 h ago`; an empty text if it is none."""
        at = _parse(text)
        if at is None:
            return ""
        seconds = (self.now - at).total_seconds()
        return "just now" if seconds < _MINUTE else f"{rough(seconds)} ago"


def seconds_between(start: object, end: object) -> float | None:
    """Return the seconds between two moments in ISO 8601, at least 0; None if one of them is none."""
    first, last = _parse(start), _parse(end)
    return max(0.0, (last - first).total_seconds()) if first and last else None


def rough(seconds: float) -> str:
    """Return a duration in its one largest unit, for example `3 h`."""
    for unit, length in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s"


def duration(seconds: float) -> str:
    """Return a duration in its two largest units, for example `3 h 12 min`."""
    whole = int(seconds)
    for unit, length, small_unit, small in (("d", _DAY, "h", _HOUR), ("h", _HOUR, "min", _MINUTE)):
        if whole >= length:
            rest = whole % length // small
            return f"{whole // length} {unit} {rest} {small_unit}" if rest else f"{whole // length} {unit}"
    return rough(whole)


def _parse(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo and MINYEAR < at.year < MAXYEAR else None  # the first and the last day have no zones

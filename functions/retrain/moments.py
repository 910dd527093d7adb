"""Moments as the tables, the events and the logs write them: text that sorts by time."""

from __future__ import annotations

from datetime import UTC, datetime


def iso_utc(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC with milliseconds, for example `2026-11-23T01:02:03.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_utc_at(epoch_seconds: float) -> str:
    """Return a moment that is counted in epoch seconds as `iso_utc` does."""
    return iso_utc(datetime.fromtimestamp(epoch_seconds, UTC))

"""The log lines of an item: by which keys and in which time to look, and what the last one says of the next attempt."""

from __future__ import annotations

from datetime import datetime, timedelta

from p1_retrain.errors import sentence_of
from p1_retrain.found.files import Item
from p1_retrain.found.logs import LogLine, Sought, lines_about
from p1_retrain.stack import Stack
from retrain.landing.landed_object import HALVES
from retrain.moments import iso_utc


def log_of(stack: Stack, item: Item, now: datetime) -> tuple[list[LogLine], str | None]:
    """Return the log lines, or why they cannot be read: the rest of the story holds without them."""
    landed_at = datetime.fromisoformat(str(item.get("landed_at") or iso_utc(now - timedelta(days=1))))
    since = datetime.fromisoformat(str(item["pending_since"])) if "pending_since" in item else landed_at
    changed_at = datetime.fromisoformat(str(item.get("updated_at") or iso_utc(now)))
    is_open = "pending_since" in item or "next_check_at" in item
    sought = Sought(keys_of(item), item.get("retrain_job_id"), min(since, landed_at), now if is_open else changed_at)
    try:
        lines, are_all = lines_about(stack, sought)
    except Exception as error:  # noqa: BLE001 - told in the story
        return [], f"Its log lines could not be read. {sentence_of(error)}"
    return lines, None if are_all else "There is too much log to look through: not all of its lines are here."


def keys_of(item: Item) -> tuple[str, ...]:
    """Return the S3 keys that an item is about: its own, and its halves'."""
    own = str(item["object_uri"]).removeprefix("s3://").partition("/")[2]
    halves = [str(item[half]["key"]) for half in HALVES if half in item]
    return (own, *halves)


def returns_at(log: list[LogLine], now: datetime) -> str | None:
    """Return when the file's message returns to the function, by the last line that says so."""
    said = [line for line in log if line.in_seconds is not None]
    if not said:
        return None
    returns_at = datetime.fromisoformat(said[-1].at) + timedelta(seconds=float(said[-1].in_seconds or 0))
    return iso_utc(returns_at) if returns_at > now else None

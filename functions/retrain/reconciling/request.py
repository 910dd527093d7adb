"""What a run looks at: the daily window by default, or what a person asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from reprlib import Repr
from typing import Any

from retrain.errors import RequestRefusedError
from retrain.ledger.item import can_be_key

MIN_AGE = timedelta(hours=1)
"""A daily run leaves younger versions alone: the event of most of them is still on its way."""

_FIELDS = {"since": str, "prefix": str, "limit": int, "dry_run": bool}

_MAX_S3_KEY_BYTES = 1024

_SHORT = Repr()
_SHORT.maxstring = 100
"""Shows any value of a request, however long and deep, in some hundred characters."""

HOW_TO_ASK = (
    'Give any of "since" (ISO 8601, not in the future), "prefix" (below LandingPrefix), "limit" (a whole number above '
    '0) and "dry_run" (true or false), and nothing else.'
)


@dataclass(frozen=True)
class ReconcileRequest:
    """What a run looks at, and what it does.

    Attributes
    ----------
    since
        Only versions created then or later, current ones alone: a backfill. None for the daily window.
    prefix
        Only keys below `{LandingPrefix}{prefix}`.
    limit
        How many files are sent at most: the oldest. None for no limit.
    dry_run
        Whether nothing is sent.
    is_scheduled
        Whether nobody asked for anything: the run may end early, and a person is told what it found.
    """

    since: datetime | None = None
    prefix: str = ""
    limit: int | None = None
    dry_run: bool = False
    is_scheduled: bool = True

    @classmethod
    def of(cls, event: Mapping[str, Any], now: datetime) -> ReconcileRequest:
        """Return the request in an event.

        Raises
        ------
        RequestRefusedError
            A field is unknown or has a wrong value.
        """
        if not isinstance(event, Mapping):
            raise _refusal("form", event)
        for name, value in event.items():
            if type(value) is not _FIELDS.get(name):
                raise _refusal(name, value)
        if event.get("limit", 1) < 1:
            raise _refusal("limit", event["limit"])
        if event.get("prefix") and not can_be_key(event["prefix"], _MAX_S3_KEY_BYTES):
            raise _refusal("prefix", event["prefix"])
        since = _moment(event["since"], now) if "since" in event else None
        return cls(**{**event, "since": since}, is_scheduled=not event)

    def window(self, days: float, now: datetime) -> tuple[datetime, datetime]:
        """Return the moments between which a version must have been created, for `ReconcileDays` of `days`.

        Raises
        ------
        RequestRefusedError
            There is no window: `ReconcileDays` is 0, and no `since` is given.
        """
        if self.since:
            return self.since, now
        if not days:
            raise RequestRefusedError('ReconcileDays is 0, so there is no daily window. Ask with "since".')
        return now - timedelta(days=days), now - MIN_AGE


def _moment(text: str, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _refusal("since", text) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if aware > now:
        raise _refusal("since", text)
    return aware


def _refusal(name: str, value: Any) -> RequestRefusedError:
    return RequestRefusedError(f"The request's {_SHORT.repr(name)} cannot be {_SHORT.repr(value)}. {HOW_TO_ASK}")

"""What a viewer asks the page for, and how it is shown to them.

CloudWatch sends a widget's parameters, or those of the element that was clicked, together with its `widgetContext`
(CloudWatch user guide, "Details about custom widgets"). Nothing of it is trusted: whoever may invoke the function may
send anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from aws_lambda_powertools.utilities.data_classes import CloudWatchDashboardCustomWidgetEvent

from retrain.ledger.item import MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES, can_be_key

OVERVIEW, MODEL, FILE = "overview", "model", "file"

NARROW_PIXELS = 760
"""Below this width, a row becomes a card."""

_USUAL_PIXELS = 1200

_MAX_BYTES = {
    "model": MAX_PARTITION_KEY_BYTES,
    "before": MAX_SORT_KEY_BYTES,
    "object_uri": MAX_PARTITION_KEY_BYTES,
    "object_version": MAX_SORT_KEY_BYTES,
}
"""Of what is asked for: each becomes a part of a key."""


@dataclass(frozen=True)
class Viewer:
    """Whom the page is shown to.

    Attributes
    ----------
    theme
        `light` or `dark`.
    is_narrow
        Whether the widget is narrower than `NARROW_PIXELS`.
    zone
        The dashboard's time zone.
    """

    theme: str
    is_narrow: bool
    zone: tzinfo

    @classmethod
    def of(cls, event: CloudWatchDashboardCustomWidgetEvent) -> Viewer:
        """Return the viewer of an event; what it does not say is usual."""
        context = event.get("widgetContext")
        said = context if isinstance(context, dict) else {}
        width = said.get("width")
        return cls(
            theme="dark" if said.get("theme") == "dark" else "light",
            is_narrow=(width if isinstance(width, int) else _USUAL_PIXELS) < NARROW_PIXELS,
            zone=_zone(said.get("timezone")),
        )


@dataclass(frozen=True)
class PageRequest:
    """A view of the page.

    Attributes
    ----------
    view
        `OVERVIEW`, `MODEL` or `FILE`.
    model, before
        For `MODEL`: which, and only files that landed before this (`landed_at`; empty: all).
    object_uri, object_version
        For `FILE`: its key.
    """

    view: str = OVERVIEW
    model: str = ""
    before: str = ""
    object_uri: str = ""
    object_version: str = ""

    @classmethod
    def of(cls, event: CloudWatchDashboardCustomWidgetEvent) -> PageRequest:
        """Return the request in an event; the overview if it asks for nothing that can be shown."""
        given = {name: value for name, most in _MAX_BYTES.items() if can_be_key(value := event.get(name), most)}
        if event.get("view") == MODEL and given.get("model"):
            return cls(MODEL, model=given["model"], before=given.get("before", ""))
        if event.get("view") == FILE and given.get("object_uri") and given.get("object_version"):
            return cls(FILE, object_uri=given["object_uri"], object_version=given["object_version"])
        return cls()


def _zone(said: object) -> tzinfo:
    """Return the time zone of `offsetISO`: the sign of `offsetInMinutes` is not documented."""
    offset = said.get("offsetISO") if isinstance(said, dict) else None
    try:
        return datetime.fromisoformat(f"2000-01-01T00:00:00{offset if isinstance(offset, str) else ''}").tzinfo or UTC
    except ValueError:
        return UTC

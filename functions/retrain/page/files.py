"""A file as a row of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retrain.page.moments import Clock
from retrain.page.states import Shown, can_redrive, can_switch, shown
from retrain.page.way import Way, way_of

_KIBI, _THREE_DIGITS = 1024, 100
_UNITS = ("bytes", "KiB", "MiB", "GiB")


@dataclass(frozen=True)
class FileRow:
    """A file. Every text is as it is in the table: the template escapes it.

    Attributes
    ----------
    name, folder
        The last part of its URI, and what is before it.
    action
        `switch` or `redrive` if a person may have it done, otherwise empty.
    """

    uri: str
    version: str
    model: str
    name: str
    folder: str
    retrain_job_id: str
    landed_at: str
    landed: str
    landed_exact: str
    landed_ago: str
    size: str
    state: Shown
    reason: str
    way: Way
    action: str

    @classmethod
    def of(cls, item: Mapping[str, Any], clock: Clock) -> FileRow:
        """Return the row of an item. Only its key is certain to be there: a person may have edited the rest."""
        uri = str(item["object_uri"])
        folder, name = split_uri(uri)
        landed_at = str(item.get("landed_at", ""))
        action = "switch" if can_switch(item) else "redrive" if can_redrive(item) else ""
        return cls(
            uri=uri,
            version=str(item["object_version"]),
            model=str(item.get("model", "")),
            name=name,
            folder=folder,
            retrain_job_id=str(item.get("retrain_job_id", "")),
            landed_at=landed_at,
            landed=clock.moment(landed_at),
            landed_exact=clock.exact(landed_at),
            landed_ago=clock.ago(landed_at),
            size=size_text(item.get("size_bytes")),
            state=shown(item),
            reason=str(item.get("error_message", "")),
            way=way_of(item, clock),
            action=action,
        )


def split_uri(uri: str) -> tuple[str, str]:
    """Return a URI's folder, without the bucket, and its last part; of a pair, which is a folder, with its slash."""
    path = uri.removeprefix("s3://").partition("/")[2] or uri
    folder, _, name = path.removesuffix("/").rpartition("/")
    return (f"{folder}/" if folder else ""), name + ("/" if path.endswith("/") else "")


def size_text(size_bytes: object) -> str:
    """Return a size in the unit that suits it; an empty text if it is none."""
    try:
        size = float(str(size_bytes))
    except ValueError:
        return ""
    unit = 0
    while size >= _KIBI and unit < len(_UNITS) - 1:
        size, unit = size / _KIBI, unit + 1
    return f"{size:.3g} {_UNITS[unit]}" if unit and size < _THREE_DIGITS else f"{size:.0f} {_UNITS[unit]}"

"""A retrain job, from its item in the jobs table after the upload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class RetrainJob:
    """What the track and switch functions need of an item.

    Attributes
    ----------
    object_uri, object_version
        The item's key: the landed file.
    status
        `TRAINING`, `STALLED`, `FINISHED` or `SWITCHED`; other items are not followed.
    landed_at, uploaded_at
        ISO 8601, UTC.
    next_check_at
        Epoch seconds when the job is due, or when the run that holds it has certainly ended; None if it is not open.
    error_code
        Why the last check failed; None if it did not.
    """

    object_uri: str
    object_version: str
    model: str
    retrain_job_id: str
    status: str
    landed_at: str
    uploaded_at: str
    next_check_at: int | None
    error_code: str | None = None

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> RetrainJob:
        """Return the job in an item."""
        due = item.get("next_check_at")
        return cls(
            object_uri=item["object_uri"],
            object_version=item["object_version"],
            model=item["model"],
            retrain_job_id=item["retrain_job_id"],
            status=item["status"],
            landed_at=item["landed_at"],
            uploaded_at=item["uploaded_at"],
            next_check_at=None if due is None else int(due),
            error_code=item.get("error_code"),
        )

    @property
    def key(self) -> dict[str, str]:
        """Return the item's key."""
        return {"object_uri": self.object_uri, "object_version": self.object_version}

    def age_seconds(self, now: float) -> float:
        """Return the seconds since the upload at `now` (epoch seconds)."""
        return now - datetime.fromisoformat(self.uploaded_at).timestamp()

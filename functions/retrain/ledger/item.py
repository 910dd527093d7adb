"""What the item of a landed file consists of: its key, what landed, and attributes of an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard

from retrain.errors import RetrainError
from retrain.landing.landed_object import LandedObject
from retrain.landing.landed_pair import LandedPair, Landing, half_attributes
from retrain.ledger.status import reason_of

OPEN_JOBS_PARTITION = "open"
"""The one partition of the sparse index `open_jobs`."""

REFUSED_RETENTION_DAYS = 365
"""After this, items that never became a retrain job are deleted (TTL); all others stay."""

MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES = 2048, 1024
"""DynamoDB developer guide, "Quotas in Amazon DynamoDB"."""


@dataclass(frozen=True)
class UnresolvedUpload:
    """An upload of an earlier attempt that may have arrived.

    Attributes
    ----------
    retrain_job_id
        Its job.
    started_at, ends_by
        Epoch seconds: when the job's id was written, and by when the last byte was certainly sent.
    """

    retrain_job_id: str
    started_at: float
    ends_by: float

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> UnresolvedUpload | None:
        """Return the upload in an item whose file is not known to have arrived; None if there is none."""
        if "retrain_job_id" not in item:
            return None
        started_at = item.get("upload_started_at", item["updated_at"])  # version 1.0.0 wrote neither of the two
        ends_by = float(item.get("upload_ends_by", 0))
        return cls(item["retrain_job_id"], datetime.fromisoformat(started_at).timestamp(), ends_by)


def can_be_key(value: object, max_bytes: int) -> TypeGuard[str]:
    """Return whether a value from a request can be a part of an item's key: a text that is not empty or too long."""
    try:
        return isinstance(value, str) and 0 < len(value.encode()) <= max_bytes
    except UnicodeEncodeError:  # half a surrogate pair
        return False


def key_asked_for(request: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the item's key that a request names, None if it names none that an item can have."""
    uri, version = request.get("object_uri"), request.get("object_version")
    if can_be_key(uri, MAX_PARTITION_KEY_BYTES) and can_be_key(version, MAX_SORT_KEY_BYTES):
        return {"object_uri": uri, "object_version": version}
    return None


def key_of(landed: Landing) -> dict[str, str]:
    """Return the item's key."""
    return {"object_uri": landed.uri, "object_version": landed.version}


def landing_attributes(landed: Landing) -> dict[str, Any]:
    """Return the attributes that describe a landed version, whatever its outcome."""
    return {
        "filename": landed.filename,
        "size_bytes": landed.size_bytes,
        "landed_at": landed.landed_at,
        **({"model": landed.model} if landed.model else {}),  # an index key cannot be an empty text
        **(half_attributes(landed.halves) if isinstance(landed, LandedPair) else _identity(landed)),
    }


def _identity(landed: LandedObject) -> dict[str, str]:
    """Return what tells this version of an object from others, with and without version ids."""
    return {"etag": landed.etag} | ({"version_id": landed.version_id} if landed.version_id else {})


def open_job(now: float) -> dict[str, Any]:
    """Return the `OPEN_JOB` of a job that is due at the tracker's next run; `now` in epoch seconds."""
    return {"open_job": OPEN_JOBS_PARTITION, "next_check_at": int(now)}


def refusal(error: RetrainError, now: float) -> dict[str, Any]:
    """Return the attributes of a version that will not be trained on; `now` in epoch seconds."""
    return {**reason_of(error), "expires_at": int(now) + REFUSED_RETENTION_DAYS * 86400}

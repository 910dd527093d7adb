"""A landed file: one version of one S3 object, and the model that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from retrain.moments import iso_utc

EVENT_TOLERANCE = timedelta(seconds=10)
"""How much earlier than its object an event may say that a file landed: both round to whole seconds."""

HALVES = ("train_src", "eval_src")
"""The folders of training data and of evaluation data, on S3 and in a zip (manual, `re_train_api`, second example)."""


@dataclass(frozen=True)
class LandedObject:
    """One version of one object, from its S3 event.

    Attributes
    ----------
    bucket, key
        Where it landed; the key is decoded.
    path
        The key below the landing prefix: `{model}/.../{file}`; empty if the key is not below it.
    version_id
        The S3 version id, None where the bucket keeps no versions.
    sequencer
        S3's mark of this write to this key; it takes the version id's place where there is none.
    etag
        S3's entity tag, without quotes.
    size_bytes
        The object's size.
    landed_at
        When S3 created it: ISO 8601, UTC, milliseconds, so that text sorts by time.
    """

    bucket: str
    key: str
    path: str
    version_id: str | None
    sequencer: str
    etag: str
    size_bytes: int
    landed_at: str

    @property
    def uri(self) -> str:
        """Return `s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def version(self) -> str:
        """Return what distinguishes this version from others of its key; a repeated event has the same."""
        return self.version_id or self.sequencer

    @property
    def filename(self) -> str:
        """Return the name under which the file is sent."""
        return self.key.rsplit("/", 1)[-1]

    @property
    def model(self) -> str:
        """Return the folder that names the model, valid or not; an empty text if the file is in no folder."""
        return self.path.partition("/")[0] if "/" in self.path else ""

    @property
    def half(self) -> str | None:
        """Return `train_src` or `eval_src` if the file is in such a folder, as half of a pair; otherwise None."""
        folder = self.path.split("/")[-2] if self.path.count("/") > 1 else ""
        return folder if folder in HALVES else None

    @property
    def dataset_key(self) -> str:
        """Return, for a half, the key of the dataset's folder, ending with a slash."""
        return self.key.rsplit("/", 2)[0] + "/"

    @property
    def dataset_uri(self) -> str:
        """Return, for a half, `s3://bucket/.../dataset/`."""
        return f"s3://{self.bucket}/{self.dataset_key}"

    @property
    def is_marker(self) -> bool:
        """Return whether it is not data: a folder, a hidden file, a job's `_SUCCESS`."""
        return self.filename == "" or self.filename[0] in "._"

    def may_have_event_of(self, event_time: str) -> bool:
        """Return whether an event of that time may be the one of this object.

        It may be much later: S3 dates an object that was uploaded in parts from when its upload began.
        """
        return event_time >= iso_utc(datetime.fromisoformat(self.landed_at) - EVENT_TOLERANCE)

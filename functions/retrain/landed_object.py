"""A file that landed: one version of one S3 object, and the model it belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from retrain.errors import FileRejectedError

MAX_UPLOAD_BYTES = 5 * 1024**3
"""One PUT to a presigned URL carries at most 5 GiB (Amazon S3, "Upload objects")."""

DATA_FILE_SUFFIXES = (".csv", ".tsv")
"""Prediction One reads CSV (comma) and TSV (tab); manual, "Preparing data"."""

_MODEL_NAME = re.compile(r"(?!_)[A-Za-z0-9_+=.@-]+")
"""What Secrets Manager allows in a name, without the slash; a leading underscore is reserved for the account."""


@dataclass(frozen=True)
class LandedObject:
    """One version of one object, as its S3 event describes it.

    Attributes
    ----------
    bucket, key
        Where it landed; the key is decoded.
    path
        The key below the landing prefix: `{model}/.../{file}`.
    version_id
        The S3 version id, None where the bucket keeps no versions.
    sequencer
        S3's mark of this write to this key.
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
        """Return what tells this landing from others of its key: the same for a repeated event of it."""
        return self.version_id or self.sequencer

    @property
    def filename(self) -> str:
        """Return the name under which the file is sent: its own."""
        return self.key.rsplit("/", 1)[-1]

    @property
    def model(self) -> str:
        """Return the folder that names the model, legal or not, or an empty text if the file is in none."""
        return self.path.partition("/")[0] if "/" in self.path else ""

    @property
    def is_marker(self) -> bool:
        """Return whether it is no data at all: a folder, a hidden file, a job's `_SUCCESS`."""
        return self.filename == "" or self.filename[0] in "._"


def check(landed: LandedObject) -> None:
    """Refuse what certainly can't be trained on, by its name and size alone.

    Raises
    ------
    FileRejectedError
        `NO_MODEL_FOLDER`, `ILLEGAL_MODEL_NAME`, `UNSUPPORTED_TYPE`, `EMPTY_FILE` or `FILE_TOO_LARGE`.
    """
    name = landed.filename
    if not landed.model:
        raise FileRejectedError(
            "NO_MODEL_FOLDER", f"{name} is in no model's folder. Land it as {{model}}/{name} instead."
        )
    if not _MODEL_NAME.fullmatch(landed.model):
        raise FileRejectedError(
            "ILLEGAL_MODEL_NAME",
            f"{landed.model!r} can't be a model's folder. Use A-Z a-z 0-9 + = . @ - _ only, no _ in front.",
        )
    if not name.lower().endswith(DATA_FILE_SUFFIXES):
        raise FileRejectedError("UNSUPPORTED_TYPE", f"{name} is neither .csv nor .tsv. Save it as CSV UTF-8.")
    if landed.size_bytes == 0:
        raise FileRejectedError("EMPTY_FILE", f"{name} is empty. Check the job that writes it, then land it again.")
    if landed.size_bytes > MAX_UPLOAD_BYTES:
        raise FileRejectedError(
            "FILE_TOO_LARGE",
            f"{name} has {landed.size_bytes:,} bytes; one upload carries {MAX_UPLOAD_BYTES:,}. Land fewer rows.",
        )


def iso_utc(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC with milliseconds, for example `2026-11-23T01:02:03.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

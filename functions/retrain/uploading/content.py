"""The content to send, checked first: a file unchanged, or a pair as one zip."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from retrain.deadline import Deadline
from retrain.landing.data_file_checks import MIN_ROWS, check_data_file
from retrain.landing.landed_object import LandedObject
from retrain.landing.landed_pair import LandedPair, Landing
from retrain.landing.zip_checks import TAIL_BYTES, check_zip
from retrain.uploading.pair_zip import zipped
from retrain.uploading.source import LandedFile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Content(Protocol):
    """Content that can be read from the start for every retry."""

    @property
    def size_bytes(self) -> int:
        """Return the size in bytes."""

    def chunks(self) -> Iterator[bytes]:
        """Return all bytes, from the start."""


@contextmanager
def checked_content(s3: S3Client, landed: Landing, deadline: Deadline) -> Iterator[Content]:
    """Yield the content of a landed file or pair, unless the checks refuse it.

    Raises
    ------
    FileRejectedError
        The checks refused it: `landing/data_file_checks.py`, `landing/zip_checks.py`, `pair_zip.py`.
    ObjectSupersededError, LandedObjectUnreadableError, NoTimeLeftError
        It could not be read, or not be zipped in time.
    """
    if isinstance(landed, LandedPair):
        with zipped(
            [_checked(s3, half, f"{half.half}/{half.filename}") for half in landed.halves], deadline
        ) as pair_zip:
            yield pair_zip
    elif landed.filename.lower().endswith(".zip"):
        file = LandedFile(s3, landed)
        check_zip(landed.filename, file.tail(TAIL_BYTES), landed.size_bytes)
        yield file
    else:
        yield _checked(s3, landed, landed.filename)


def _checked(s3: S3Client, landed: LandedObject, name: str, min_rows: int = MIN_ROWS) -> LandedFile:
    file = LandedFile(s3, landed)
    first_chunk = file.first_chunk()
    check_data_file(name, first_chunk, whole=len(first_chunk) == landed.size_bytes, min_rows=min_rows)
    return file

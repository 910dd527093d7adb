"""Zips a pair into one file on the function's ephemeral storage: the same bytes for the same pair.

Sizes are in each member's header, not behind its data, so every program can read the zip from its start.
"""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from retrain.deadline import Deadline
from retrain.errors import FileRejectedError, NoTimeLeftError
from retrain.landing.place_checks import MAX_UPLOAD_BYTES
from retrain.telemetry import logger
from retrain.uploading.source import CHUNK_SIZE_BYTES, LandedFile

COMPRESSION_LEVEL = 4
"""About a quarter of level 6's CPU time for a sixth more bytes (`python -m benchmarks.pair`): egress costs, too."""

_CLOSING_SECONDS = 60
"""Reserved before the deadline, to send at least a small zip and to record the outcome."""

_READABLE_FILE = 0o100644 << 16


class PairZip:
    """A finished zip, which can be sent again without another read from S3."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size_bytes = file.seek(0, os.SEEK_END)

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes, from the start."""
        self._file.seek(0)
        while chunk := self._file.read(CHUNK_SIZE_BYTES):
            yield chunk


@contextmanager
def zipped(halves: Sequence[LandedFile], deadline: Deadline) -> Iterator[PairZip]:
    """Yield the zip of both halves; its file is deleted afterwards, even if the process is killed.

    Raises
    ------
    FileRejectedError
        `PAIR_TOO_LARGE`: the zip does not fit into one upload, or into the function's storage.
    NoTimeLeftError
        It cannot be zipped before the invocation ends.
    ObjectSupersededError, LandedObjectUnreadableError
        A half could not be read.
    """
    try:
        with tempfile.TemporaryFile() as file:
            yield _build(cast("BinaryIO", file), halves, deadline)
    except OSError as exc:
        if exc.errno != errno.ENOSPC:
            raise
        raise _too_large("the function's storage") from exc


def _build(file: BinaryIO, halves: Sequence[LandedFile], deadline: Deadline) -> PairZip:
    started_at = time.monotonic()
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL) as archive:
        for half in halves:
            _add(archive, half, deadline)
    pair_zip = PairZip(file)
    logger.info(
        "Zipped the pair",
        raw_bytes=sum(half.size_bytes for half in halves),
        size_bytes=pair_zip.size_bytes,
        seconds=round(time.monotonic() - started_at, 2),
    )
    return pair_zip


def _add(archive: ZipFile, half: LandedFile, deadline: Deadline) -> None:
    member = ZipInfo(
        f"{half.landed.half}/{half.landed.filename}"
    )  # dated 1980, so that the same pair makes the same zip
    member.compress_type = ZIP_DEFLATED
    member.create_system = 3  # Unix, on every system
    member.external_attr = _READABLE_FILE
    member.file_size = half.size_bytes  # zip64 from 2 GiB
    with archive.open(member, "w") as target:
        for chunk in half.chunks():
            target.write(chunk)
            if archive.fp and archive.fp.tell() > MAX_UPLOAD_BYTES:
                raise _too_large(f"one upload, which carries {MAX_UPLOAD_BYTES:,} bytes")
            if deadline.seconds_left() < _CLOSING_SECONDS:
                raise NoTimeLeftError(
                    "There is too little time left to zip the pair. If this continues, land fewer rows."
                )


def _too_large(limit: str) -> FileRejectedError:
    return FileRejectedError("PAIR_TOO_LARGE", f"The zip of both files does not fit into {limit}. Land fewer rows.")

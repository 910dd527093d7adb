"""The landed object as a stream: exactly the version that landed, resumed where a read breaks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from urllib3.exceptions import SSLError

from retrain.errors import FileRejectedError, LandedObjectUnreadableError, ObjectSupersededError, RetrainError
from retrain.landing.landed_object import LandedObject
from retrain.telemetry import logger

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, GetObjectRequestTypeDef

CHUNK_SIZE_BYTES = 256 * 1024
"""Smaller chunks cost more TLS calls, larger ones gain nothing: `make bench`."""

MAX_RESUMPTIONS = 5
"""How often a broken read is resumed within one attempt."""

_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "PreconditionFailed", "MethodNotAllowed", "404", "412", "405"})
"""Deleted, overwritten (If-Match), or the version is a delete marker (S3 API reference, GetObject)."""

_BROKEN_OFF = (HTTPClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError, SSLError)
"""What a read of the body raises when it breaks.

`StreamingBody.read` translates urllib3's ReadTimeoutError and ProtocolError, which every other broken connection is,
but not its SSLError: a TLS record that is damaged (botocore/response.py, urllib3's `HTTPResponse._error_catcher`).
"""


class LandedFile:
    """The bytes of the version that landed. The first chunk can be checked without an extra request.

    Parameters
    ----------
    s3
        The client to read with.
    landed
        The version.
    """

    def __init__(self, s3: S3Client, landed: LandedObject) -> None:
        self._s3 = s3
        self.landed = landed
        self._begun: Iterator[bytes] | None = None

    @property
    def size_bytes(self) -> int:
        """Return the version's size."""
        return self.landed.size_bytes

    def first_chunk(self) -> bytes:
        """Return the first bytes, up to `CHUNK_SIZE_BYTES`; `chunks` yields them again."""
        stream = read_pinned(self._s3, self.landed)
        first = next(stream)
        self._begun = chain([first], stream)
        return first

    def chunks(self) -> Iterator[bytes]:
        """Return all bytes, as `read_pinned` does. Each call after the first reads from S3 again."""
        begun, self._begun = self._begun, None
        return begun or read_pinned(self._s3, self.landed)

    def tail(self, size_bytes: int) -> bytes:
        """Return up to `size_bytes` from the end, with an extra request."""
        position = max(0, self.landed.size_bytes - size_bytes)
        body = _open(self._s3, self.landed, position)
        try:
            return body.read()  # the rest of a size that `_open` has compared
        except _BROKEN_OFF as exc:
            raise LandedObjectUnreadableError(
                f"The read of the end of {self.landed.uri} broke. It is retried automatically."
            ) from exc
        finally:
            body.close()


def read_pinned(s3: S3Client, landed: LandedObject) -> Iterator[bytes]:
    """Yield all bytes of the version that landed, in chunks of at most `CHUNK_SIZE_BYTES`.

    One GetObject if nothing breaks, pinned to the version id or, in a bucket without versions, to the ETag. A broken
    read resumes at the same byte with the same pin, so two versions are never mixed.

    Raises
    ------
    ObjectSupersededError
        The version is no longer there.
    LandedObjectUnreadableError
        S3 refused the read, or it broke more than `MAX_RESUMPTIONS` times.
    FileRejectedError
        `WRONG_SIZE`: the version has another size than its event says.
    """
    position = 0
    for _ in range(MAX_RESUMPTIONS + 1):
        body = _open(s3, landed, position)
        try:
            while chunk := body.read(CHUNK_SIZE_BYTES):
                position += len(chunk)
                yield chunk
        except _BROKEN_OFF as exc:
            logger.warning("The read from S3 broke; resuming", position=position, cause=type(exc).__name__)
        finally:
            body.close()
        if position == landed.size_bytes:
            return
    raise LandedObjectUnreadableError(
        f"The read of {landed.uri} broke {MAX_RESUMPTIONS + 1} times. It is retried automatically."
    )


def _open(s3: S3Client, landed: LandedObject, position: int) -> StreamingBody:
    request: GetObjectRequestTypeDef = {"Bucket": landed.bucket, "Key": landed.key}
    if landed.version_id is not None:
        request["VersionId"] = landed.version_id  # a version never changes
    else:
        request["IfMatch"] = f'"{landed.etag}"'
    if position:
        request["Range"] = f"bytes={position}-"
    try:
        answer = s3.get_object(**request)
    except ClientError as exc:
        code = exc.response["Error"]["Code"]
        if code in _GONE:
            raise ObjectSupersededError(
                f"{landed.uri} was overwritten or deleted before it could be sent ({code}). If it was overwritten, "
                "the newer version has its own item."
            ) from exc
        if code == "InvalidRange":  # it is so short that it has no byte there
            raise _wrong_size(landed, "fewer") from exc
        hint = "Check the bucket policy and the KMS key policy." if "Denied" in code else "It is retried automatically."
        raise LandedObjectUnreadableError(f"S3 refused to return {landed.uri} ({code}). {hint}") from exc
    except BotoCoreError as exc:
        raise LandedObjectUnreadableError(
            f"S3 did not return {landed.uri} ({type(exc).__name__}). It is retried automatically."
        ) from exc
    try:
        _require_the_rest(landed, position, answer)
    except RetrainError:
        answer["Body"].close()
        raise
    return answer["Body"]


def _require_the_rest(landed: LandedObject, position: int, answer: GetObjectOutputTypeDef) -> None:
    """Refuse an answer of S3 that is not the rest of the version from a position on, as long as the event says."""
    if position and not answer.get("ContentRange", "").startswith(f"bytes {position}-"):
        raise LandedObjectUnreadableError(
            f"S3 did not resume {landed.uri} at byte {position:,} as requested. It is retried automatically."
        )
    if position + answer["ContentLength"] != landed.size_bytes:
        raise _wrong_size(landed, f"{position + answer['ContentLength']:,}")


def _wrong_size(landed: LandedObject, actual: str) -> FileRejectedError:
    return FileRejectedError(
        "WRONG_SIZE",
        f"{landed.uri} has {actual} bytes, its event says {landed.size_bytes:,}: the event was not S3's. Find out who "
        "sent it. If the file is right, land it again.",
    )

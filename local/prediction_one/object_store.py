"""
What the upload and download URLs point to: an object store, as strict as Amazon S3.

- `Transfer-Encoding: chunked`: 501 NotImplemented, with or without a Content-Length.
- No Content-Length: 411 MissingContentLength. Over 5 GiB: 400 EntityTooLarge, before the body is read.
- An expired URL: 403 AccessDenied; a changed one, or an unsigned Content-Type: 403 SignatureDoesNotMatch.
- A body short of its Content-Length: stores nothing.
- A client that stops sending: 400 RequestTimeout.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus

from local.prediction_one.answers import StoreError

MAX_UPLOAD_BYTES = 5 * 1024**3


@dataclass(frozen=True)
class Digest:
    """What is kept of an upload's bytes."""

    size_bytes: int
    sha256: str


def upload_size_bytes(headers: Message) -> int:
    """Return how long the upload's body is, or refuse it for its framing."""
    if "Transfer-Encoding" in headers:
        message = "A header you provided implies functionality that is not implemented"
        raise StoreError(HTTPStatus.NOT_IMPLEMENTED, "NotImplemented", message)
    length = headers.get("Content-Length")
    if length is None:
        message = "You must provide the Content-Length HTTP header."
        raise StoreError(HTTPStatus.LENGTH_REQUIRED, "MissingContentLength", message)
    if not length.isdecimal():
        raise StoreError(HTTPStatus.BAD_REQUEST, "InvalidArgument", "Invalid Content-Length")
    if int(length) > MAX_UPLOAD_BYTES:
        message = "Your proposed upload exceeds the maximum allowed size"
        raise StoreError(HTTPStatus.BAD_REQUEST, "EntityTooLarge", message)
    return int(length)


def digest_body(chunks: Iterable[bytes]) -> Digest:
    """Take in a body piece by piece: its size and hash are kept, its bytes are not."""
    sha256 = hashlib.sha256()
    size_bytes = 0
    try:
        for chunk in chunks:
            sha256.update(chunk)
            size_bytes += len(chunk)
    except TimeoutError as exc:
        message = "Your socket connection to the server was not read from or written to within the timeout period."
        raise StoreError(HTTPStatus.BAD_REQUEST, "RequestTimeout", message) from exc
    return Digest(size_bytes, sha256.hexdigest())

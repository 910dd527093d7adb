"""Values that an S3 event can have.

Whoever may write to the queue may put anything into it. A value that S3 never sends could make every write to the
table, or every read from S3, fail, which would hide that the message is no S3 event. So such a message is unreadable.
"""

from __future__ import annotations

import re

from retrain.landing.landed_object import LandedObject

_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}")

_MARK = re.compile(r"[!-~]{1,1024}")
"""A version id, a sequencer or an ETag: printable ASCII, as it becomes a part of an item's key, or a header."""

_MAX_KEY_BYTES = 1024
_MAX_SIZE_BYTES = 2**63

_YEARS = range(2006, 2100)
"""S3 has created nothing earlier."""

_MAX_REASON = 300


def require_possible(landed: LandedObject) -> LandedObject:
    """Return the object; raise a ValueError or a TypeError if S3 cannot have sent one of its values."""
    marks = [landed.sequencer, landed.etag, *([] if landed.version_id is None else [landed.version_id])]
    if not (_BUCKET.fullmatch(landed.bucket) and all(_MARK.fullmatch(mark) for mark in marks)):
        raise ValueError("the name of a bucket, a version id, a sequencer or an ETag")
    if not 0 < len(landed.key.encode()) <= _MAX_KEY_BYTES:
        raise ValueError(f"a key of more than {_MAX_KEY_BYTES} bytes, or of none")
    if not 0 <= landed.size_bytes < _MAX_SIZE_BYTES:
        raise ValueError("the size of an object")
    if int(landed.landed_at[:4]) not in _YEARS:
        raise ValueError("the time at which an object landed")
    return landed


def whole_number(value: object) -> int:
    """Return a number; raise a TypeError for anything else, also for a text or a number with a fraction."""
    if type(value) is not int:
        raise TypeError("the size of an object")
    return value


def short(exc: Exception) -> str:
    """Return an exception for a text that people read: it may quote a whole message."""
    text = repr(exc)
    return text if len(text) <= _MAX_REASON else f"{text[:_MAX_REASON]}..."

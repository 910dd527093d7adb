"""The name of a results file: the service's own, made safe as the last part of an S3 key."""

from __future__ import annotations

import re
from contextlib import suppress
from email.message import Message
from email.utils import collapse_rfc2231_value

FALLBACK = "results.zip"

_MAX_BYTES = 255
"""Of the name, in UTF-8. A whole S3 key may have 1,024."""

_MAX_HEADER = 4096
"""Of the header, in characters. The standard library's time grows with the square of its length."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def results_name(content_disposition: str | None) -> str:
    """Return the base name of a Content-Disposition header's `filename*` or `filename` (RFC 6266), else `results.zip`.

    The standard library parses it: quoted, escaped, or encoded as in RFC 5987.
    """
    header = content_disposition or ""
    if len(header) > _MAX_HEADER:
        return FALLBACK
    try:
        return _base_name(_filename(_CONTROL.sub(" ", _as_utf8(header))))
    except (TypeError, ValueError):  # the library's, for parts with and without a number, and for odd encodings
        return FALLBACK


def _filename(header: str) -> str:
    message = Message()
    message["Content-Disposition"] = header
    values = [value for name, value in message.get_params([], "Content-Disposition") if name == "filename"]
    values.sort(key=lambda value: isinstance(value, tuple))  # RFC 6266, 4.3: filename* before filename
    return collapse_rfc2231_value(values[-1]) if values else ""


def _as_utf8(header: str) -> str:
    """Return a header that is UTF-8 as such: HTTP libraries read every header as Latin-1."""
    with suppress(UnicodeError):
        return header.encode("latin-1").decode()
    return header


def _base_name(name: str) -> str:
    name = _CONTROL.sub("", re.split(r"[/\\]", name)[-1]).strip()
    if name in ("", ".", "..") or len(name.encode(errors="replace")) > _MAX_BYTES:
        return FALLBACK
    return name.encode(errors="replace").decode()

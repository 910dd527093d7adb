"""The name of a results file: the service's own, made safe as the last part of an S3 key."""

from __future__ import annotations

import re
from contextlib import suppress
from email.message import Message
from email.utils import collapse_rfc2231_value

FALLBACK = "results.zip"

_MAX_BYTES = 255
"""Of the name, in UTF-8. A whole S3 key may have 1,024."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def results_name(content_disposition: str | None) -> str:
    """Return the base name of a Content-Disposition header's `filename*` or `filename` (RFC 6266), else `results.zip`.

    The standard library parses it: quoted, escaped, or encoded as in RFC 5987.
    """
    message = Message()
    message["Content-Disposition"] = _CONTROL.sub(" ", _as_utf8(content_disposition or ""))
    values = [value for name, value in message.get_params([], "Content-Disposition") if name == "filename"]
    values.sort(key=lambda value: isinstance(value, tuple))  # RFC 6266, 4.3: filename* before filename
    return _base_name(collapse_rfc2231_value(values[-1])) if values else FALLBACK


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

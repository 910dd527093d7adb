"""AWS's error code for a call that failed."""

from __future__ import annotations

from botocore.exceptions import ClientError


def aws_reason(exc: BaseException | None) -> str:
    """Return AWS's error code, for example `AccessDenied`, or the exception's name if there was no answer."""
    return exc.response["Error"]["Code"] if isinstance(exc, ClientError) else type(exc).__name__

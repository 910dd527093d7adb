"""AWS's own word for why a call failed."""

from __future__ import annotations

from botocore.exceptions import ClientError


def aws_reason(exc: BaseException | None) -> str:
    """Return the error code that AWS answered with, for example `AccessDenied`, or what kept it from answering."""
    return exc.response["Error"]["Code"] if isinstance(exc, ClientError) else type(exc).__name__

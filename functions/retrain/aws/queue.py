"""The errors of queues, as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from retrain.aws.errors import aws_reason
from retrain.errors import QueueUnavailableError


@contextmanager
def queue_errors(url: str, what_failed: str) -> Iterator[None]:
    """Raise a `QueueUnavailableError` for errors of SQS and of the connection to it."""
    try:
        yield
    except (ClientError, BotoCoreError) as exc:
        name = url.rpartition("/")[2]
        raise QueueUnavailableError(f"The queue {name} {what_failed} ({aws_reason(exc)}).") from exc

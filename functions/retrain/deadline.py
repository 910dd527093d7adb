"""When this invocation ends, so that work stops cleanly before Lambda kills it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class Deadline:
    """The moment at which Lambda ends this invocation.

    Attributes
    ----------
    expires_at
        Epoch seconds.
    """

    expires_at: float

    @classmethod
    def of(cls, context: LambdaContext) -> Deadline:
        """Return the deadline of the invocation that `context` belongs to."""
        return cls(time.time() + context.get_remaining_time_in_millis() / 1000)

    def seconds_left(self) -> float:
        """Return the seconds until the deadline, negative after it."""
        return self.expires_at - time.time()

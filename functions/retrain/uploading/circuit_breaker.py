"""Stops calling the service for a model that does not answer, so that its files do not hold up those of other models.

Without it, each file of such a model occupies one of `MaxConcurrentUploads` until its call times out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from retrain.errors import ServiceTimeoutError

FIRST_PAUSE_SECONDS = 60
MAX_PAUSE_SECONDS = 900
"""After a timeout, a model is not called for 60 s, then for twice as long after each further one, up to 15 minutes."""


class CircuitBreaker:
    """Remembers, in one warm function, the models whose last call timed out.

    Parameters
    ----------
    clock
        Returns epoch seconds: Lambda freezes a function between invocations, and this clock goes on.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._timeouts: dict[str, int] = {}
        self._closed_until: dict[str, float] = {}

    @contextmanager
    def guard(self, model: str) -> Iterator[None]:
        """Let the calls for a model through, unless the last one timed out a short while ago.

        Raises
        ------
        ServiceTimeoutError
            The calls are not made, or one of them timed out.
        """
        wait_seconds = self._closed_until.get(model, 0) - self._clock()
        if wait_seconds > 0:
            raise ServiceTimeoutError(
                f"Prediction One did not answer the last calls for {model} in time. The next call follows in "
                f"{wait_seconds:.0f} s at the earliest."
            )
        try:
            yield
        except ServiceTimeoutError:
            timeouts = self._timeouts.get(model, 0)
            self._timeouts[model] = timeouts + 1
            self._closed_until[model] = self._clock() + min(FIRST_PAUSE_SECONDS << min(timeouts, 10), MAX_PAUSE_SECONDS)
            raise
        self._timeouts.pop(model, None)

"""One run of the track function: what it works with, and for how long it takes jobs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrain.deadline import Deadline

if TYPE_CHECKING:
    from retrain.tracking.wiring import TrackDependencies

RESERVE_SECONDS = 180
"""No check starts with less time left. `ApiKeys.call` may read the secret three times, 24 s each at most, and try three
keys. A refused key is answered at once, so only one call and its one repetition take their full time, 90 s: 162 s in
all. The rest is for the tables, which answer in milliseconds. If a check takes longer, Lambda ends it; its lease ends
at the same time, and a later run repeats it."""


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes
    ----------
    deps
        What to work with.
    owner
        The invocation's request id.
    deadline
        When the invocation ends.
    started_at
        Epoch seconds.
    clock
        Returns epoch seconds.
    """

    deps: TrackDependencies
    owner: str
    deadline: Deadline
    started_at: float
    clock: Callable[[], float] = time.time

    def is_ending(self) -> bool:
        """Return whether there is too little time for a check or a switch."""
        return self.deadline.seconds_left() < RESERVE_SECONDS

    def leaves_the_rest(self) -> bool:
        """Return whether the next run takes the jobs that are still due.

        After one interval that run has started: two that take jobs at the same time would double the calls to the
        service. What this run has taken it completes, a long download until the invocation ends.
        """
        return self.is_ending() or self.clock() - self.started_at >= self.deps.pace.interval_minutes * 60

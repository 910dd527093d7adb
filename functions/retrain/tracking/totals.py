"""What the checks of one run add up to: the metrics, and the errors that show a defect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from retrain.telemetry import count, count_credential_rejection, gauge_landing_to_live

DEFECTS_KEPT = 10
"""A traceback holds all that its check had in memory, and a defect may strike every job: the first ones show it."""

LANDING_TO_LIVE = "LandingToLiveSeconds"
"""In the tally of one check: how long its file took. A duration of each model is a metric, not their sum."""


class Totals:
    """Adds up the checks. For one thread alone: the metrics' collector has no lock."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._jobs_due = 0
        self._rejections_by_model: Counter[str] = Counter()
        self._landing_to_live: list[int] = []
        self._defects: list[BaseException] = []
        self._defect_count = 0

    def add(self, item: Mapping[str, Any], check: Future[Counter[str]]) -> None:
        """Add the check of an item that has ended."""
        self._jobs_due += 1
        if defect := check.exception():
            self._defect_count += 1
            self._defects = [*self._defects, defect][:DEFECTS_KEPT]
            return
        tally = check.result()
        if tally.pop("CredentialRejections", 0):
            self._rejections_by_model[item["model"]] += 1
        if LANDING_TO_LIVE in tally:
            self._landing_to_live.append(tally.pop(LANDING_TO_LIVE))
        self._counts += tally

    def report(self) -> Counter[str]:
        """Count all of it as metrics, and return the counts by metric name.

        Not before the threads have ended: a metric's line on stdout must not mix with their log lines.
        """
        for model in self._rejections_by_model.elements():
            count_credential_rejection(model)
        for seconds in self._landing_to_live:
            gauge_landing_to_live(seconds)
        total = Counter({**self._counts, "JobsDue": self._jobs_due})
        for name, number in total.items():
            count(name, number)
        return total

    def raise_defects(self) -> None:
        """Raise an `ExceptionGroup` if a check ended with an unexpected error."""
        if self._defects:
            raise BaseExceptionGroup(
                f"{self._defect_count} checks ended with unexpected errors, the first of which are shown; these jobs "
                "are checked again later",
                self._defects,
            )

"""What the checks of a run add up to."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from itertools import chain

import pytest

from retrain.telemetry import metrics
from retrain.tracking.totals import DEFECTS_KEPT, Totals

ITEM = {"model": "m"}


def ended(outcome: Counter[str] | Exception) -> Future[Counter[str]]:
    """Return a check that has ended."""
    check: Future[Counter[str]] = Future()
    if isinstance(outcome, Exception):
        check.set_exception(outcome)
    else:
        check.set_result(outcome)
    return check


def test_counts_of_all_checks_are_added_up() -> None:
    """Also of those that ended with a defect: they were due."""
    totals = Totals()

    for outcome in (Counter(StatusChecks=1), Counter(StatusChecks=1, JobsFinished=1), ValueError()):
        totals.add(ITEM, ended(outcome))

    assert totals.report() == {"StatusChecks": 2, "JobsFinished": 1, "JobsDue": 3}
    metrics.clear_metrics()


def test_durations_are_not_added_up() -> None:
    """Each model's way from landing to live is a value of its own, also of those that took no second."""
    totals = Totals()

    for seconds in (0, 40, 20):
        totals.add(ITEM, ended(Counter(ModelsSwitched=1, LandingToLiveSeconds=seconds)))

    assert totals.report() == {"ModelsSwitched": 3, "JobsDue": 3}
    assert metrics.metric_set["LandingToLiveSeconds"]["Value"] == [0, 40, 20]
    metrics.clear_metrics()


def test_defect_that_strikes_every_job_fills_no_memory() -> None:
    """The first ones are raised, with the number of all."""
    totals = Totals()
    for number in range(1000):
        totals.add(ITEM, ended(ValueError(number)))

    with pytest.raises(ExceptionGroup, match="1000 checks") as raised:
        totals.raise_defects()

    assert list(chain.from_iterable(defect.args for defect in raised.value.exceptions)) == list(range(DEFECTS_KEPT))


def test_run_without_a_defect_raises_nothing() -> None:
    """Whatever else it counted."""
    totals = Totals()
    totals.add(ITEM, ended(Counter(ChecksLeft=1)))

    totals.raise_defects()

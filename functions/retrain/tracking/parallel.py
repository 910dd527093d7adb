"""How many jobs a run works on at a time: a fixed number, however many are due."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

JOBS_AT_A_TIME = 16
"""A check takes 0.2 s at the service and some 0.02 s in the table, so one run checks about 70 jobs a second: twice the
34 that 10,000 in 5 minutes need. More threads would only wait for the CPU (docs/benchmarks.md), and the service, which
documents no rate limit, never gets more calls at once than this."""

DOWNLOADS_AT_A_TIME = 4
"""Each has a part of 8 MiB in memory, and a copy of it on the way: 17 MiB (docs/benchmarks.md)."""

_Item = TypeVar("_Item")
_Outcome = TypeVar("_Outcome")


def for_each(
    items: Iterable[_Item],
    work: Callable[[_Item], _Outcome],
    at_a_time: int,
    on_end: Callable[[_Item, Future[_Outcome]], None],
) -> None:
    """Call `work` with each item in `at_a_time` threads, and `on_end` with each outcome in the caller's thread.

    An item is taken only when a thread is free for it, so neither items nor outcomes accumulate. If the items end with
    an error, the work that has started is completed first, and its outcome handed over.
    """
    running: dict[Future[_Outcome], _Item] = {}

    def hand_over_until(still_running: int) -> None:
        while len(running) > still_running:
            for each in wait(running, return_when=FIRST_COMPLETED).done:
                on_end(running.pop(each), each)

    with ThreadPoolExecutor(at_a_time) as pool:
        try:
            for item in items:
                running[pool.submit(work, item)] = item
                hand_over_until(at_a_time - 1)
        finally:
            hand_over_until(0)

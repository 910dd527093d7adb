"""A fixed number of jobs is worked on at a time, and nothing accumulates, however many there are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from weakref import WeakSet

import pytest

from retrain.tracking.parallel import for_each

AT_A_TIME = 4


class Job:
    """Something that can be seen to be forgotten."""


@pytest.fixture
def ended() -> list[Future[None]]:
    """Collect the outcomes."""
    return []


def test_every_item_is_worked_on_and_its_outcome_handed_over() -> None:
    """Each with its own item, and in the caller's thread: the metrics' collector has no lock."""
    handed_over: dict[int, tuple[int, int]] = {}

    for_each(
        range(100),
        lambda number: 2 * number,
        AT_A_TIME,
        lambda number, work: handed_over.update({number: (work.result(), threading.get_ident())}),
    )

    assert handed_over == {number: (2 * number, threading.get_ident()) for number in range(100)}


def test_items_are_taken_only_when_a_thread_is_free(ended: list[Future[None]]) -> None:
    """While all threads are busy, no further item is asked for; one that is free takes one more."""
    taken: list[int] = []
    started, free = threading.Semaphore(0), threading.Semaphore(0)

    def items() -> Iterator[int]:
        for number in range(10):
            taken.append(number)
            yield number

    def work(_: int) -> None:
        started.release()
        free.acquire()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(for_each, items(), work, AT_A_TIME, lambda _, done: ended.append(done))
        for _ in range(AT_A_TIME):
            started.acquire()
        taken_at_first = len(taken)
        free.release()
        started.acquire()
        taken_then = len(taken)
        free.release(9)
        running.result()

    assert (taken_at_first, taken_then, len(ended)) == (AT_A_TIME, AT_A_TIME + 1, 10)


def test_neither_items_nor_outcomes_are_kept() -> None:
    """After 200 items, no more are in memory than are worked on, and those in hand between two steps."""
    alive: WeakSet[Job] = WeakSet()
    most = 0

    def items() -> Iterator[Job]:
        nonlocal most
        for _ in range(200):
            item = Job()
            alive.add(item)
            most = max(most, len(alive))
            yield item

    for_each(items(), lambda item: [item], AT_A_TIME, lambda _item, _done: None)

    assert most <= 2 * AT_A_TIME


def test_failure_of_one_item_stops_no_other() -> None:
    """Whoever gets the outcomes learns of it."""
    failed: dict[int, BaseException | None] = {}

    for_each(
        [1, 0, 2], lambda number: 1 / number, AT_A_TIME, lambda number, done: failed.update({number: done.exception()})
    )

    assert {number: type(error) for number, error in failed.items()} == {
        1: type(None),
        0: ZeroDivisionError,
        2: type(None),
    }


def test_started_work_is_completed_when_the_items_end_with_an_error(ended: list[Future[None]]) -> None:
    """A page that cannot be read, say: what was checked until then counts."""
    started, free = threading.Event(), threading.Event()

    def items() -> Iterator[int]:
        yield 1
        started.wait()
        raise ConnectionError

    def work(_: int) -> None:
        started.set()
        free.wait()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(for_each, items(), work, AT_A_TIME, lambda _, done: ended.append(done))
        started.wait()
        free.set()
        with pytest.raises(ConnectionError):
            running.result()

    assert [done.done() for done in ended] == [True]

"""A model whose calls time out is left alone for longer each time, and other models are not."""

from __future__ import annotations

from itertools import pairwise

import pytest

from retrain.errors import ServiceTimeoutError, ServiceUnavailableError
from retrain.uploading.circuit_breaker import FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS, CircuitBreaker


class Calls:
    """A breaker at a time of the test's, and what becomes of calls through it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.breaker = CircuitBreaker(lambda: self.now)

    def call(self, model: str, error: Exception | None = None) -> bool:
        """Call for a model; return whether the call was made."""
        made = False
        try:
            with self.breaker.guard(model):
                made = True
                if error:
                    raise error
        except (ServiceTimeoutError, ServiceUnavailableError):
            pass
        return made


def test_pause_doubles_with_each_timeout_up_to_a_quarter_of_an_hour() -> None:
    """The first call after each pause shows whether the model answers again."""
    calls = Calls()
    moments: list[float] = []

    while len(moments) < 7:
        if calls.call("slow", ServiceTimeoutError("slow")):
            moments.append(calls.now)
        calls.now += 1

    pauses = [later - earlier for earlier, later in pairwise(moments)]
    assert pauses == [60, 120, 240, 480, 900, 900]


def test_other_models_are_called_all_the_time() -> None:
    """One model's trouble is not another's."""
    calls = Calls()
    calls.call("slow", ServiceTimeoutError("slow"))

    assert (calls.call("slow"), calls.call("quick")) == (False, True)


@pytest.mark.parametrize("error", [None, ServiceUnavailableError("503")])
def test_answer_of_any_kind_leaves_the_calls_free(error: Exception | None) -> None:
    """An error that comes quickly holds up nobody."""
    calls = Calls()

    assert [calls.call("model", error) for _ in range(3)] == [True] * 3


def test_success_forgets_earlier_timeouts() -> None:
    """The next timeout is a first one again."""
    calls = Calls()
    for _ in range(3):
        calls.call("slow", ServiceTimeoutError("slow"))
        calls.now += MAX_PAUSE_SECONDS
    calls.call("slow")

    calls.call("slow", ServiceTimeoutError("slow"))
    calls.now += FIRST_PAUSE_SECONDS

    assert calls.call("slow")

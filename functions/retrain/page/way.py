"""A file's way as a line with four stops: landed, uploaded, finished, live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from retrain.page.moments import Clock, duration, seconds_between
from retrain.page.states import BAD, CAUTION, shown

STOPS = (("Landed", "landed_at"), ("Uploaded", "uploaded_at"), ("Finished", "finished_at"), ("Live", "switched_at"))

FIRST_X, STEP_X = 8, 96
"""Where the first stop is, and how far it is from one to the next, in the drawing's units."""

PASSED, HERE, STUCK, AHEAD = "passed", "here", "stuck", "ahead"


@dataclass(frozen=True)
class Stop:
    """One stop.

    Attributes
    ----------
    x
        Where it is.
    state
        `PASSED`; `HERE`: on the way to it; `STUCK`: it is not reached without help, or never; or `AHEAD`.
    title
        Its name, and when it was reached.
    """

    x: int
    state: str
    title: str


@dataclass(frozen=True)
class Leg:
    """The line between two stops, and how long it took; an empty text if it is not known."""

    start_x: int
    end_x: int
    state: str
    text: str


@dataclass(frozen=True)
class Way:
    """A file's way.

    Attributes
    ----------
    summary
        The same in words, for those who do not see it.
    """

    stops: tuple[Stop, ...]
    legs: tuple[Leg, ...]
    summary: str


def way_of(item: Mapping[str, Any], clock: Clock) -> Way:
    """Return the way of an item's file so far. The leg that it is on counts until now."""
    moments = [item.get(name) for _, name in STOPS]
    reached = max((number for number, at in enumerate(moments) if at), default=0)
    stuck = shown(item).tone in (BAD, CAUTION)
    ended = stuck or ("open_job" not in item and "pending_since" not in item)

    def state_of_stop(number: int) -> str:
        if number <= reached:
            return PASSED
        if number == reached + 1 and stuck:
            return STUCK
        return HERE if number == reached + 1 and not ended else AHEAD

    xs = [FIRST_X + STEP_X * number for number in range(len(STOPS))]
    states = [state_of_stop(number) for number in range(len(STOPS))]
    stops = tuple(
        Stop(x, state, f"{name} {clock.exact(at)}" if at else name)
        for x, state, (name, _), at in zip(xs, states, STOPS, moments, strict=True)
    )
    legs = tuple(
        Leg(start_x, end_x, state, _took(ends, state, clock))
        for (start_x, end_x), state, ends in zip(pairwise(xs), states[1:], pairwise(moments), strict=True)
    )
    return Way(stops, legs, _summary(legs))


def _took(ends: tuple[Any, Any], state: str, clock: Clock) -> str:
    start, end = ends
    if state == HERE:
        end = clock.now.isoformat()
    seconds = seconds_between(start, end) if start and end else None
    return "" if seconds is None else duration(seconds)


def _summary(legs: tuple[Leg, ...]) -> str:
    names = [name.lower() for name, _ in STOPS]
    words = {PASSED: "{} to {} in {}", HERE: "on the way from {} to {} for {}"}
    said = [
        words[leg.state].format(start, end, leg.text)
        for leg, (start, end) in zip(legs, pairwise(names), strict=True)
        if leg.state in words and leg.text
    ]
    return "; ".join(said) or "landed"

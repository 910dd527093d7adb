"""The cases: each call of each situation with errors and lost answers, and what is right in each case."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import zip_longest
from typing import Any

from botocore.exceptions import ConnectionClosedError

from tests.faults.aws_errors import AwsError, errors_of
from tests.faults.injection import Fault, LostAnswer

EVERY = os.environ.get("EVERY_FAULT") == "1"
"""Try every error and every lost answer at every call: `make soak`."""

SECRETS = ("5ec4e7", "X-Amz-", "upload-store", "results-store")
"""Every key of the tests begins with the first; the others are in URLs that carry a signature."""

_CLOSED = ConnectionClosedError.fmt.partition(" from endpoint")[0]
"""The exception's text. Some log lines have it instead of the exception's name."""


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a situation that is made to fail.

    Attributes
    ----------
    operation, purpose
        Which, and what for.
    says
        The `error_code` in the log, or of the error that is raised, if the call fails after every try.
    is_silent
        Nobody needs to know that it failed: not even AWS's error code is logged.
    otherwise
        By AWS's error code, or by `LostAnswer`: another `says` and another outcome than the situation's.
    if_refused
        The outcome if AWS answers any other error; None: the situation's.
    """

    operation: str
    purpose: str
    says: str = ""
    is_silent: bool = False
    otherwise: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    if_refused: str | None = None

    def __str__(self) -> str:
        """Return how it is shown."""
        return f"{self.operation} ({self.purpose})"


@dataclass(frozen=True, eq=False)
class Situation:
    """A run of a function, with everything that AWS repeats of it, until nothing is left to do.

    Attributes
    ----------
    function, name
        Which function, and what it deals with.
    outcome
        What is there in the end, with and without a fault.
    calls
        The AWS calls in order; a text is an operation that another situation makes fail.
    """

    function: str
    name: str
    outcome: str
    calls: tuple[Call | str, ...]

    def __str__(self) -> str:
        """Return how it is shown."""
        return self.name

    @property
    def operations(self) -> list[str]:
        """Return the operations in order."""
        return [call.operation if isinstance(call, Call) else call for call in self.calls]

    @property
    def failing(self) -> list[tuple[int, Call]]:
        """Return the calls that are made to fail, with their numbers."""
        return [(number, call) for number, call in enumerate(self.calls, 1) if isinstance(call, Call)]


@dataclass(frozen=True, eq=False)
class Case:
    """One fault at one call of one situation."""

    situation: Situation
    number: int
    call: Call
    fault: Fault

    def __str__(self) -> str:
        """Return the test's id."""
        return f"{self.situation.name}: {self.number} {self.call}: {self.fault}"

    @property
    def outcome(self) -> str:
        """Return what must be there in the end."""
        if str(self.fault) in self.call.otherwise:
            return self.call.otherwise[str(self.fault)][1]
        if_refused = self.call.if_refused if isinstance(self.fault, AwsError) else None
        return if_refused or self.situation.outcome

    @property
    def is_repeated(self) -> bool:
        """Return whether the SDK tries the call more than once."""
        return isinstance(self.fault, LostAnswer) or self.fault.is_repeated

    def misreported(self, lines: Sequence[Mapping[str, Any]], raised: Sequence[str], written: object = "") -> list[str]:
        """Return what is wrong with what the function told.

        Parameters
        ----------
        lines, raised
            The log, and errors that were raised: a person must find the reason there.
        written
            What it told elsewhere.

        Returns
        -------
        list of str
            Words of the reason that are not there, and marks of secrets that are there.
        """
        return [*self._untold(lines, raised), *(mark for mark in SECRETS if mark in repr((lines, raised, written)))]

    def _untold(self, lines: Sequence[Mapping[str, Any]], raised: Sequence[str]) -> list[str]:
        if self.fault is LostAnswer.ONCE:
            return []
        code = self.fault.code if isinstance(self.fault, AwsError) else ConnectionClosedError.__name__
        says = self.call.otherwise.get(str(self.fault), (self.call.says,))[0]
        needs_no_code = self.call.is_silent or code in self.call.otherwise  # then it says what the code means
        told = (repr(lines) + repr(raised)).replace(_CLOSED, ConnectionClosedError.__name__)
        return [word for word in (says, "" if needs_no_code else code) if word not in told]


def cases_of(function: str, situations: Sequence[Situation]) -> list[Case]:
    """Return the cases of a function."""
    return [case for case in _cases(situations) if case.situation.function == function]


def errors_at(situations: Sequence[Situation], *, every: bool) -> dict[tuple[Situation, int], list[AwsError]]:
    """Return the errors that each failing call answers.

    These are every error whose outcome differs, every error in an answer that says 200, and one of the others. An
    operation's calls take the others by turns: one that the SDK repeats, then one that it does not. A single call
    answers one of each kind. With `every`, each call answers each error.
    """
    tried: dict[str, list[tuple[Situation, int, Call]]] = {}
    for situation in situations:
        for number, call in situation.failing:
            tried.setdefault(call.operation, []).append((situation, number, call))
    return {
        (situation, number): [*(errors_of(call.operation) if every else _some(situation, call, index, len(calls)))]
        for calls in tried.values()
        for index, (situation, number, call) in enumerate(calls)
    }


def lost_answers_at(call: Call, *, every: bool) -> tuple[LostAnswer, ...]:
    """Return how a call's answer is lost. A read takes no effect, so that losing it once shows the SDK's retry only."""
    is_read = call.operation.startswith(("BatchGet", "Describe", "Get", "Head", "List", "Query"))
    return (LostAnswer.ALWAYS,) if is_read and not every else tuple(LostAnswer)


def _some(situation: Situation, call: Call, index: int, sharers: int) -> Iterator[AwsError]:
    errors = errors_of(call.operation)
    others = {code for code, (_, outcome) in call.otherwise.items() if outcome != situation.outcome}
    special = [error for error in errors if error.code in others or error.status == HTTPStatus.OK]
    yield from special
    alike = [error for error in errors if error not in special]
    kinds = ([error for error in alike if error.is_repeated is kind] for kind in (True, False))
    by_turns = [error for pair in zip_longest(*kinds) for error in pair if error]
    yield by_turns[index % len(by_turns)]
    if sharers == 1:
        yield by_turns[1]


def _cases(situations: Sequence[Situation]) -> Iterator[Case]:
    for (situation, number), errors in errors_at(situations, every=EVERY).items():
        call = dict(situation.failing)[number]
        faults: list[Fault] = [*errors, *lost_answers_at(call, every=EVERY)]
        yield from (Case(situation, number, call, fault) for fault in faults)

"""Reads the entries of tests/data/hostile, and says how many generated ones are tried beside them."""

from __future__ import annotations

import json
import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from hypothesis import HealthCheck, settings

from retrain.errors import RetrainError
from tests.conftest import DATA
from tests.examples import examples
from tests.functional.conftest import Invocation

MIB = 1024**2

GENERATED = settings(
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""For tests with generated input."""

_BUILT: dict[str, Callable[[], str]] = {
    "{depth 100,000}": lambda: "[" * 100_000,
    "{depth 10,000}": lambda: "[" * 10_000 + "]" * 10_000,
    "{5,000 digits}": lambda: "9" * 5000,
    "{50 KB}": lambda: "x" * 50_000,
    "{64 KB}": lambda: "x" * 65_536,
    "{1,025 bytes}": lambda: "m/" + "x" * 1019 + ".csv",
}
"""What these stand for in an entry's texts: it is too long for a file that people read. `{deep}` is a whole value."""


@dataclass(frozen=True)
class Entry:
    """An input, and its right outcome."""

    name: str
    given: Any
    outcome: str


def loaded(name: str) -> list[Entry]:
    """Return the entries of a file."""
    found = json.loads((DATA / "hostile" / f"{name}.json").read_text())
    return [Entry(each["name"], _built(each["input"]), each["outcome"]) for each in found]


def outcomes(of: list[Entry], find: Callable[[Any], str]) -> dict[str, tuple[str, str]]:
    """Return the outcomes that `find` has and the right ones, by name, where they differ.

    One test runs all entries where a test for each would set a function up each time.
    """
    found = {entry.name: (find(entry.given), entry.outcome) for entry in of}
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def requests_to(*functions: str) -> list[Entry]:
    """Return the requests that some functions must refuse."""
    return [entry for entry in loaded("requests") if entry.given["function"] in functions]


def refusal_of(handler: Callable[[Any, LambdaContext], object], event: Any, *, most_characters: int) -> str:
    """Return the code with which a function refuses an event, in so many characters at most."""
    context = cast("LambdaContext", Invocation(str(uuid.uuid4()), 900, "hostile"))
    with pytest.raises(RetrainError) as refusal:
        handler(event, context)
    assert len(str(refusal.value)) < most_characters
    return refusal.value.code


def entries(name: str) -> pytest.MarkDecorator:
    """Return a decorator that runs a test with each entry of a file: its `given` and its `outcome`."""
    cases = [pytest.param(each.given, each.outcome, id=each.name) for each in loaded(name)]
    return pytest.mark.parametrize(("given", "outcome"), cases)


def _built(value: Any) -> Any:
    if value == "{deep}":
        return json.loads("[" * 900 + "]" * 900)
    if isinstance(value, str):
        for name, build in _BUILT.items():
            value = value.replace(name, build()) if name in value else value
        return value
    if isinstance(value, dict):
        return {_built(name): _built(part) for name, part in value.items()}
    return [_built(part) for part in value] if isinstance(value, list) else value


@contextmanager
def memory_below(limit_bytes: int) -> Iterator[None]:
    """Fail if Python's memory grows by more in this context, at any moment."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit_bytes, f"{peak:,} bytes"

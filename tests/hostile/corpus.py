"""Reads the entries of tests/data/hostile, and says how many generated ones are tried beside them."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.conftest import DATA

MIB = 1024**2

GENERATED = settings(
    max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "25")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""For tests with generated input: few examples by default, as many as HOSTILE_EXAMPLES in `make soak`."""

_BUILT: dict[str, Callable[[], Any]] = {
    "depth 100,000": lambda: "[" * 100_000,
    "depth 10,000": lambda: "[" * 10_000 + "]" * 10_000,
    "5,000 digits": lambda: "9" * 5000,
    "64 KB": lambda: "x" * 64 * 1024,
    "1 MB": lambda: "x" * MIB,
    "1,025 bytes": lambda: "m/" + "x" * 1019 + ".csv",
    "1,024 bytes": lambda: "m/" + "x" * 1018 + ".csv",
}
"""What stands for `{name}` in an entry's texts, as it is too long for a file that people read."""


def entries(name: str) -> Any:
    """Return a decorator that runs a test with each entry of a file: its `input` and its `outcome`."""
    found = json.loads((DATA / "hostile" / f"{name}.json").read_text())
    cases = [pytest.param(_built(each["input"]), each["outcome"], id=each["name"]) for each in found]
    return pytest.mark.parametrize(("given", "outcome"), cases)


def _built(value: Any) -> Any:
    if isinstance(value, str):
        for name, build in _BUILT.items():
            value = value.replace(f"{{{name}}}", build()) if name in value else value
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

"""The sizes that keep the code readable (CONTRIBUTING.md): a function fits on a screen, a file is read at one go."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

LINES_PER_FILE = {"functions": 200, "p1_retrain": 200, "local": 200, "benchmarks": 200, "tests": 300}
LINES_PER_FUNCTION = {"functions": 40, "p1_retrain": 40, "local": 40, "benchmarks": 40, "tests": 40}
MEDIAN_LINES = 8
NESTING = 3

BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try)


def modules(folder: str) -> list[Path]:
    """Return a folder's Python files."""
    return sorted((REPOSITORY / folder).rglob("*.py"))


def functions_in(module: Path) -> Iterator[ast.FunctionDef]:
    """Yield every function and method of a file."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield node


def lines_of(function: ast.FunctionDef) -> int:
    """Return how many lines a function's statements have, its signature and docstring not counted."""
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def nesting_of(node: ast.AST) -> int:
    """Return how deep blocks lie within each other; `elif` is no deeper than its `if`."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        deepest = max(deepest, nesting_of(child) + (isinstance(child, BLOCKS) and not is_elif))
    return deepest


@pytest.mark.parametrize("folder", LINES_PER_FILE)
def test_files_and_functions_are_short(folder: str) -> None:
    """Longer ones are split by responsibility."""
    too_long = [path.name for path in modules(folder) if len(path.read_text().splitlines()) > LINES_PER_FILE[folder]]
    too_long += [
        f"{path.name}: {function.name}"
        for path in modules(folder)
        for function in functions_in(path)
        if lines_of(function) > LINES_PER_FUNCTION[folder]
    ]

    assert too_long == []


def test_deployed_functions_are_typically_short_and_flat() -> None:
    """The median function has a handful of lines, and no block lies deeper than the third."""
    functions = [function for path in modules("functions") for function in functions_in(path)]

    assert statistics.median(map(lines_of, functions)) <= MEDIAN_LINES
    assert [function.name for function in functions if nesting_of(function) > NESTING] == []

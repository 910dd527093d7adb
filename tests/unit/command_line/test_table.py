"""The table of misfortunes in the docs is the one that the tests hold the command line to."""

from __future__ import annotations

from tests.e2e.command_line.misfortunes import BEGIN, DOCUMENT, END, table


def test_docs_have_the_table_that_the_tests_use() -> None:
    """`python -m tests.e2e.command_line.misfortunes` writes it."""
    assert f"{BEGIN}\n\n{table()}\n\n{END}" in DOCUMENT.read_text()

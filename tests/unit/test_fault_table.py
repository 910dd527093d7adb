"""The tables of the fault matrix in docs/reliability.md are what the tests try."""

from __future__ import annotations

from tests.faults.table import PAGE, with_tables


def test_page_shows_the_matrix_as_it_is() -> None:
    """To write it: `PYTHONPATH=. .venv/bin/python -m tests.faults.table`."""
    page = PAGE.read_text()

    assert page == with_tables(page)

"""The tables of faults and of hostile input in docs/reliability.md are what the tests try."""

from __future__ import annotations

from tests.faults.table import PAGE, with_tables
from tests.hostile.table import with_table


def test_page_shows_the_matrix_as_it_is() -> None:
    """To write it: `PYTHONPATH=. .venv/bin/python -m tests.faults.table`."""
    page = PAGE.read_text()

    assert page == with_tables(page)


def test_page_shows_the_hostile_input_as_it_is() -> None:
    """To write it: `PYTHONPATH=.:functions .venv/bin/python -m tests.hostile.table`."""
    page = PAGE.read_text()

    assert page == with_table(page)

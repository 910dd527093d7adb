"""A viewer and an operator of the deployed stack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.stack import LocalStack
from tests.e2e.command_line.people import OPERATOR, VIEWER, Person, person, statements_of


@pytest.fixture(scope="session")
def viewer(stack: LocalStack) -> Iterator[Person]:
    """Give somebody who may look."""
    with person(stack, "viewer", statements_of(stack, VIEWER)) as somebody:
        yield somebody


@pytest.fixture(scope="session")
def operator(stack: LocalStack) -> Iterator[Person]:
    """Give somebody who may act."""
    with person(stack, "operator", statements_of(stack, VIEWER, OPERATOR)) as somebody:
        yield somebody

"""Each AWS call of the page function fails once, in every way: the page is there, and says what is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from local.ministack import MiniStack
from tests.faults.injection import AwsFaults
from tests.faults.matrix import Case, Situation, cases_of
from tests.faults.situations import ALL, PAGE
from tests.functional.page.conftest import PageFunction
from tests.unit.page.items import item_of

ASKED: dict[str, dict[str, str]] = {
    "the overview of one model": {},
    "a model": {"view": "model", "model": "penguins"},
    "a file": {"view": "file", "object_uri": "s3://bucket/penguins/a.csv", "object_version": "version"},
}


@pytest.fixture
def refresh(aws_faults: AwsFaults, page_function: PageFunction, aws: MiniStack) -> Callable[[str], str]:
    """Give what shows a view until nothing is missing in it, and returns the outcome."""
    aws.client("secretsmanager").create_secret(Name=f"{page_function.prefix}/penguins", SecretString="{}")
    page_function.put(item_of("FINISHED", object_uri="s3://bucket/penguins/a.csv"))
    assert aws_faults.calls == []

    def shown(situation: str) -> str:
        for _ in range(2):
            html = page_function.show(**ASKED[situation])
            if "cannot be" not in html:
                break
        return "all of it is shown by the next refresh" if ">a.csv<" in html else html

    return shown


@pytest.mark.parametrize("situation", PAGE, ids=str)
def test_calls_are_those_of_the_matrix(
    refresh: Callable[[str], str], aws_faults: AwsFaults, situation: Situation
) -> None:
    """Nothing fails. A call that is new needs a row, and the rows say where the faults strike."""
    outcome = refresh(situation.name)

    assert (outcome, aws_faults.calls) == (situation.outcome, situation.operations)


@pytest.mark.parametrize("case", cases_of("page", ALL), ids=str)
def test_page_is_there_whichever_call_fails(
    refresh: Callable[[str], str], aws_faults: AwsFaults, case: Case, stdout: Callable[[], list[dict[str, Any]]]
) -> None:
    """The log names what failed, and so does the page until the next refresh."""
    aws_faults.arm(case.number, case.fault)

    outcome = refresh(case.situation.name)

    assert (outcome, aws_faults.tries > 1) == (case.outcome, case.is_repeated)
    assert case.misreported(stdout(), [], []) == []

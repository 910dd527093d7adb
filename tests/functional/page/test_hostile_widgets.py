"""Whatever a widget's event holds, the page is HTML that CloudWatch can show, without an element of the event's."""

from __future__ import annotations

import uuid
from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from hypothesis import given as generated
from hypothesis import strategies as st

import page_handler
from tests.functional.conftest import Invocation
from tests.functional.page.conftest import PAGE_ARN, PageFunction
from tests.hostile.corpus import GENERATED, loaded, outcomes


def _show(event: Any) -> str:
    context = Invocation(str(uuid.uuid4()), 60, "page", invoked_function_arn=PAGE_ARN)
    html: str = page_handler.handler(event, cast("LambdaContext", context))
    assert html.encode()
    return html


def _view_of(event: Any) -> str:
    html = _show(event)
    assert "<script" not in html
    assert "<img" not in html
    marks = {"description": "Parameters, all optional", "overview": "Latest files", "model": ">Live<"}
    return next((view for view, mark in marks.items() if mark in html), "file")


def test_every_event_has_its_view(page_function: PageFunction) -> None:
    """What is incomplete or impossible is the overview."""
    assert page_function.calls == []

    assert outcomes(loaded("widget"), _view_of) == {}


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
ANY_TEXT = st.text(st.characters(), max_size=30) | ANY_JSON


@generated(
    event=ANY_JSON
    | st.fixed_dictionaries(
        {"view": st.sampled_from(["model", "file"]), "model": ANY_TEXT, "object_uri": ANY_TEXT},
        optional={"object_version": ANY_TEXT, "before": ANY_TEXT, "widgetContext": ANY_JSON},
    )
)
@GENERATED
@pytest.mark.usefixtures("page_function")
def test_any_event_is_a_page(event: Any) -> None:
    """Also one that asks for a model or a file of any name."""
    assert _show(event)

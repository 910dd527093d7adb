"""A message that is no S3 event is named for what it is: nothing else is raised, nothing is guessed."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain.errors import UnreadableEventError
from retrain.landing.envelopes import landed_objects
from tests.conftest import SAMPLE, eventbridge_event

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "[]",
        "5",
        "null",
        "{}",
        '{"Records": []}',
        '{"Records": [5]}',
        '{"Records": [{"eventSource": "aws:sns"}]}',
        '{"source": "aws.s3", "detail-type": "Object Deleted"}',
    ],
)
def test_other_messages_are_unreadable(body: str) -> None:
    """Somebody else's message, or an event that the rule should not have let through."""
    with pytest.raises(UnreadableEventError):
        landed_objects(body, "")


@pytest.mark.parametrize("missing", ["key", "size", "sequencer"])
def test_event_that_lacks_a_field_is_unreadable(missing: str) -> None:
    """Nothing is put in the place of what is missing."""
    event = eventbridge_event(SAMPLE)
    del event["detail"]["object"][missing]

    with pytest.raises(UnreadableEventError, match=missing):
        landed_objects(event, "")


@given(body=ANY_JSON.map(json.dumps) | st.text())
def test_any_text_is_read_or_unreadable(body: str) -> None:
    """No message raises anything else, which would end the whole invocation."""
    with suppress(UnreadableEventError):
        assert landed_objects(body, "") == []

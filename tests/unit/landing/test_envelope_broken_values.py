"""A well-formed S3 event with a value that makes no sense is unreadable: nothing else is raised, nothing is guessed."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain.errors import UnreadableEventError
from retrain.landing.envelopes import landed_objects
from tests.conftest import SAMPLE, eventbridge_event, load_event, s3_notification

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@pytest.mark.parametrize(
    "changes",
    [{"key": None}, {"key": 5}, {"key": ["m/a.csv"]}, {"size": float("inf")}, {"size": None}, {"size": "many"}],
    ids=str,
)
def test_value_of_another_kind_is_unreadable(changes: dict[str, Any]) -> None:
    """Each of these once ended the invocation with an error that no code path knew."""
    eventbridge, notification = eventbridge_event(SAMPLE), s3_notification(SAMPLE)
    eventbridge["detail"]["object"] |= changes
    notification["Records"][0]["s3"]["object"] |= changes

    for event in (eventbridge, notification):
        with pytest.raises(UnreadableEventError):
            landed_objects(json.dumps(event), "")


def test_event_without_an_etag_is_unreadable() -> None:
    """Without it an overwritten object could not be told from the one that landed."""
    eventbridge, notification = eventbridge_event(SAMPLE), s3_notification(SAMPLE)
    del eventbridge["detail"]["object"]["etag"]
    del notification["Records"][0]["s3"]["object"]["eTag"]

    for event in (eventbridge, notification):
        with pytest.raises(UnreadableEventError):
            landed_objects(event, "")


@given(data=st.data(), envelope=st.sampled_from(["eventbridge", "s3_notification"]))
def test_any_broken_event_is_read_or_unreadable(data: st.DataObject, envelope: str) -> None:
    """Anything may stand in the place of any one value of an event."""
    event = load_event(envelope)
    holder, name = data.draw(st.sampled_from(_places(event)))
    holder[name] = data.draw(ANY_JSON)

    with suppress(UnreadableEventError):
        landed_objects(json.dumps(event), "")


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, name or index) in a JSON value."""
    if not isinstance(value, (dict, list)):
        return []
    items = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [(value, name) for name, _ in items] + [place for _, inner in items for place in _places(inner)]

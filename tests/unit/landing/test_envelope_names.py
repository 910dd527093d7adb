"""The same object comes out of every envelope, whatever its name is written with."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import AWKWARD_NAMES, ENVELOPES, SAMPLE, event_in, landed_as, load_event, objects_in

ANY_NAME = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), max_size=200)


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_every_sample_event_tells_of_the_same_object(envelope: str) -> None:
    """The four envelopes differ in how they word one object, and EventBridge leaves out the milliseconds."""
    landed = objects_in(load_event(envelope))

    milliseconds = "456" if "s3_notification" in envelope else "000"
    assert landed == [replace(SAMPLE, landed_at=f"2026-11-23T01:02:03.{milliseconds}Z")]


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_awkward_names_arrive_unharmed(envelope: str, name: str) -> None:
    """A space, a plus, a percent sign or any other writing means the same in all envelopes."""
    event = event_in(envelope, landed_as(f"penguins/{name}"))

    (landed,) = objects_in(event)

    assert (landed.key, landed.model, landed.filename) == (f"penguins/{name}", "penguins", name)


@given(name=ANY_NAME, envelope=st.sampled_from(ENVELOPES))
def test_any_unicode_key_arrives_unharmed(name: str, envelope: str) -> None:
    """What S3 allows in a key comes out as it went in."""
    event = event_in(envelope, landed_as(f"penguins/{name}.d/x{name}"))

    assert [found.key for found in objects_in(event)] == [f"penguins/{name}.d/x{name}"]

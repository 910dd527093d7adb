"""Which files need a person."""

from __future__ import annotations

from typing import Any

import pytest

from retrain.ledger.status import HiddenState, Status
from retrain.page.attention import of_model
from retrain.page.states import _STATES, shown
from tests.unit.page.items import item_of, live_of

LIVE = live_of(item_of("SWITCHED", "2026-11-25T05:00:00.000Z"))
EARLIER, LATER, LATEST = (f"2026-11-25T{hour:02}:00:00.000Z" for hour in (4, 6, 7))


def urgent(*items: dict[str, Any], is_automatic: bool = False) -> list[str]:
    """Return when those landed that need a person."""
    return [item["landed_at"] for item in of_model(items, LIVE, is_automatic=is_automatic)]


@pytest.mark.parametrize("status", ["REJECTED", "FAILED", "STALLED", "FINISHED"])
def test_only_what_landed_after_the_live_model_matters(status: str) -> None:
    """What came before it is history."""
    assert urgent(item_of(status, LATER), item_of(status, EARLIER)) == [LATER]


@pytest.mark.parametrize("status", ["WAITING", "UPLOADING", "RETRYING", "TRAINING", "SUPERSEDED", "SWITCHED"])
def test_what_goes_on_by_itself_needs_nobody(status: str) -> None:
    """Neither does what has its outcome."""
    assert urgent(item_of(status, LATER)) == []


def test_file_that_was_given_up_matters_however_old_it_is() -> None:
    """Nothing was decided about it."""
    assert urgent(item_of("RETRYING", EARLIER, given_up_at=LATER)) == [EARLIER]


def test_file_that_landed_again_is_outdated() -> None:
    """The corrected one is what counts."""
    uri = "s3://bucket/penguins/a.csv"
    assert urgent(item_of("TRAINING", LATEST, object_uri=uri), item_of("REJECTED", LATER, object_uri=uri)) == []


def test_newest_finished_job_is_the_one_to_make_live() -> None:
    """Under the policy Automatic, nobody has to."""
    finished = [item_of("FINISHED", at, retrain_job_id=at) for at in (LATEST, LATER)]

    assert urgent(*finished) == [LATEST]
    assert urgent(*finished, is_automatic=True) == []


@pytest.mark.parametrize("status", ["RETRYING", "TRAINING", "STALLED"])
@pytest.mark.parametrize("code", ["API_KEY_UNAVAILABLE", "API_KEY_REJECTED"])
def test_missing_or_refused_key_needs_a_person(status: str, code: str) -> None:
    """It is retried, but only a person can store a key."""
    item = item_of(status, LATER, error_code=code)

    assert urgent(item) == [LATER]
    assert shown(item).label == "No API key"


def test_every_state_has_a_label() -> None:
    """A new one is asked for here; one that a person made up is shown as it is."""
    assert set(_STATES) == {*Status, *HiddenState}
    assert shown(item_of("<b>")).label == "<b>"

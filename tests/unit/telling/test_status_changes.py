"""A stream record is told if the status differs before and after it, or one of the few other things that are news."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from retrain.ledger.status import INTERNAL_ATTRIBUTES
from retrain.telling.status_changes import status_changes
from tests.streams import sample_event, sample_job, stream_event

NOW, LATER = "2026-11-23T01:06:00.000Z", "2026-11-24T01:06:00.000Z"
SWITCHED = sample_job(status="SWITCHED", switched_at=NOW, in_service=True)

OF_OUR_OWN = {
    "open_job": "open",
    "next_check_at": Decimal(1795395900),
    "lease_owner": "a-request-id",
    "lease_expires_at": Decimal(1795395900),
    "expires_at": Decimal(1826931900),
    "upload_ends_by": Decimal(1795395900),
    "pending_since": "2026-11-23T01:02:03.000Z",
}


def test_sample_is_one_change() -> None:
    """The record's parts all arrive, in Python's own types."""
    (change,) = status_changes(sample_event())

    assert change.sequence_number == "4421584500000000017450439092"
    assert change.changed_at == datetime(2026, 11, 23, 1, 5, tzinfo=UTC)
    assert change.previous_status == "TRAINING"
    assert change.job == sample_job(size_bytes=15241, attempts=1)
    assert [type(change.job[name]) for name in ("size_bytes", "attempts")] == [int, int]


def test_new_item_has_no_previous_status() -> None:
    """A new item is a change, too."""
    (change,) = status_changes(stream_event((None, sample_job(status="UPLOADING"))))

    assert (change.previous_status, change.job["status"]) == (None, "UPLOADING")


@pytest.mark.parametrize(
    "change",
    [
        (sample_job(status="UPLOADING"), sample_job(status="UPLOADING", attempts=2)),
        (sample_job(status="TRAINING"), sample_job(status="TRAINING", error_code="API_KEY_REJECTED")),
        (sample_job(error_code="NEWER_IN_SERVICE"), sample_job(error_code="NEWER_IN_SERVICE", attempts=2)),
        (sample_job(error_code="SERVICE_UNAVAILABLE"), sample_job()),
        (SWITCHED, {**SWITCHED, "in_service": False}),
        (sample_job(status="RETRYING", given_up_at=NOW), sample_job(status="RETRYING")),
        (sample_job(), None),
        (sample_job(), sample_job(status=None)),
        (None, sample_job(status=None)),
        (None, sample_job(status=None, given_up_at=NOW, switched_at=NOW)),
    ],
    ids=[
        "another attempt",
        "a check that failed",
        "the reason as before",
        "the reason gone",
        "another in service",
        "given up no longer",
        "deleted",
        "status removed by hand",
        "made by hand",
        "made by hand with more",
    ],
)
def test_other_writes_are_no_news(
    change: tuple[dict[str, Any] | None, dict[str, Any] | None],
) -> None:
    """A write that leaves the status, or an item without one, is not announced."""
    assert list(status_changes(stream_event(change))) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (sample_job(), sample_job(error_code="NEWER_IN_SERVICE")),
        (sample_job(error_code="SERVICE_UNAVAILABLE"), sample_job(error_code="DELETED_AT_SERVICE")),
        (SWITCHED, {**SWITCHED, "switched_at": LATER}),
        (sample_job(status="RETRYING"), sample_job(status="RETRYING", given_up_at=NOW)),
    ],
    ids=["not switched", "not switched for another reason", "switched back to", "given up"],
)
def test_news_that_leave_the_status_are_told(before: dict[str, Any], after: dict[str, Any]) -> None:
    """As a step from the status to itself."""
    (change,) = status_changes(stream_event((before, after)))

    assert (change.previous_status, change.job) == (before["status"], after)


def test_record_without_images_is_no_change() -> None:
    """A record that lacks what every record has does not stand in the way of the others."""
    event = stream_event((None, sample_job()), (None, sample_job()))
    del event["Records"][0]["dynamodb"]

    assert [change.sequence_number for change in status_changes(event)] == ["2"]


def test_internal_attributes_stay_inside() -> None:
    """What an item holds for the functions' own use is not part of a job."""
    assert set(OF_OUR_OWN) == INTERNAL_ATTRIBUTES

    (change,) = status_changes(stream_event((None, sample_job(**OF_OUR_OWN))))

    assert set(change.job) == set(sample_job())


@pytest.mark.parametrize(
    ("number", "plain"),
    [("5368709120", 5368709120), ("0", 0), ("-1", -1), ("1E+3", 1000), ("0.25", 0.25)],
)
def test_number_becomes_one_that_json_knows(number: str, plain: float) -> None:
    """Whole numbers stay whole, whatever their size."""
    (change,) = status_changes(stream_event((None, sample_job(size_bytes=Decimal(number)))))

    assert json.dumps(change.job["size_bytes"]) == json.dumps(plain)


def test_numbers_of_a_pairs_halves_are_ones_that_json_knows() -> None:
    """An item holds each half as a map of its own, and somebody may have added a list."""
    half = {"key": "d/train_src/a.csv", "size_bytes": Decimal(15241)}

    (change,) = status_changes(stream_event((None, sample_job(train_src=half, shares=[Decimal("0.5"), "a", True]))))

    told = json.loads(json.dumps([change.job["train_src"], change.job["shares"]]))
    assert told == [{"key": "d/train_src/a.csv", "size_bytes": 15241}, [0.5, "a", True]]


def test_changes_keep_their_order() -> None:
    """What is no change is left out; the others stay in the order of the writes."""
    uploading, training, failed = (sample_job(status=status) for status in ("UPLOADING", "TRAINING", "FAILED"))

    changes = status_changes(
        stream_event((None, uploading), (uploading, uploading), (uploading, training), (training, failed))
    )

    assert [change.sequence_number for change in changes] == ["1", "3", "4"]

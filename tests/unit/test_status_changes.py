"""A stream record is a status change if, and only if, the status differs before and after it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from retrain.status_changes import INTERNAL_ATTRIBUTES, status_changes
from tests.streams import sample_event, sample_job, stream_event

OF_OUR_OWN = {
    "open_job": "open",
    "next_check_at": Decimal(1795395900),
    "lease_owner": "a-request-id",
    "lease_expires_at": Decimal(1795395900),
    "expires_at": Decimal(1826931900),
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
    """An item that begins to be is a change, too."""
    (change,) = status_changes(stream_event((None, sample_job(status="UPLOADING"))))

    assert (change.previous_status, change.job["status"]) == (None, "UPLOADING")


@pytest.mark.parametrize(
    "change",
    [
        (sample_job(status="UPLOADING"), sample_job(status="UPLOADING", attempts=2)),
        (sample_job(), sample_job(error_code="NEWER_IN_SERVICE", error_message="A newer one is in service.")),
        (sample_job(), None),
        (sample_job(), sample_job(status=None)),
        (None, sample_job(status=None)),
    ],
    ids=["another attempt", "a newer job in service", "deleted", "status removed by hand", "made by hand"],
)
def test_other_writes_are_no_change(change: tuple[dict[str, Any] | None, dict[str, Any] | None]) -> None:
    """Nothing is told of a write that leaves the status, or an item without one."""
    assert list(status_changes(stream_event(change))) == []


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


def test_changes_keep_their_order() -> None:
    """What is no change is left out; the others stay in the order of the writes."""
    uploading, training, failed = (sample_job(status=status) for status in ("UPLOADING", "TRAINING", "FAILED"))

    changes = status_changes(
        stream_event((None, uploading), (uploading, uploading), (uploading, training), (training, failed))
    )

    assert [change.sequence_number for change in changes] == ["1", "3", "4"]

"""A file without a version id, whose item is named after its event: what cannot be told is reported, never doubled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.prediction_one import PredictionOneStandIn
from retrain.moments import iso_utc
from tests.conftest import eventbridge_event
from tests.functional.conftest import CSV
from tests.functional.reconciling.conftest import ReconcileFunction, counts, event_of, land_in_parts

pytestmark = [
    pytest.mark.usefixtures("model_secret", "pauses", "no_secret_in_output"),
    pytest.mark.parametrize("bucket", ["", "Suspended"], indirect=True, ids=["no versions", "suspended"]),
]

SIXTEEN_DAYS = timedelta(days=16).total_seconds()


def test_file_with_an_item_is_known(reconcile_function: ReconcileFunction, model: str) -> None:
    """By content and time: no listing gives the sequencer that its item is named after."""
    reconcile_function.land(f"{model}/a.csv")

    assert counts(reconcile_function.handle()) == (1, 1, 0, 0)


def test_file_that_was_uploaded_in_parts_is_known(reconcile_function: ReconcileFunction, model: str) -> None:
    """Its event may be hours younger than what S3 says of it."""
    landed = land_in_parts(reconcile_function.bucket, f"{model}/a.csv")
    later = iso_utc(datetime.now(UTC) + timedelta(hours=5))
    reconcile_function.upload_function.handle({**event_of(landed), "time": later})

    assert counts(reconcile_function.handle()) == (1, 1, 0, 0)


def test_lost_file_is_reported_and_not_sent(
    reconcile_function: ReconcileFunction, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """Its event may still come, under a name that we cannot know: then it is trained on once."""
    lost = reconcile_function.lose(f"{model}/a.csv")

    answer = reconcile_function.handle()
    reconcile_function.upload_function.handle(event_of(lost))

    assert (counts(answer), reconcile_function.queue_is_empty()) == ((1, 0, 0, 0), True)
    (unsure,) = answer["unsure"]
    assert unsure.startswith(f"{lost.uri} (landed 20")
    assert "its event may still come" in unsure
    assert (counts(reconcile_function.handle()), len(prediction_one.uploads)) == ((1, 1, 0, 0), 1)


def test_other_content_of_the_same_key_is_another_file(reconcile_function: ReconcileFunction, model: str) -> None:
    """The overwriting file's event was lost, the overwritten file's was not."""
    reconcile_function.land(f"{model}/a.csv")
    reconcile_function.lose(f"{model}/a.csv", CSV + b"Gentoo,Biscoe,5000\n")

    answer = reconcile_function.handle()

    assert (counts(answer), len(answer["unsure"])) == ((1, 0, 0, 0), 1)


def test_same_content_that_landed_again_is_reported(reconcile_function: ReconcileFunction, model: str) -> None:
    """The earlier landing has an item; whether to train on the same once more, a person decides."""
    earlier = reconcile_function.lose(f"{model}/a.csv")
    reconcile_function.upload_function.handle({**eventbridge_event(earlier), "time": "2026-01-02T03:04:05Z"})

    (unsure,) = reconcile_function.handle()["unsure"]

    assert "the same content landed before, at 2026-01-02T03:04:05.000Z" in unsure


def test_version_with_an_id_is_another_file(reconcile_function: ReconcileFunction, model: str) -> None:
    """The same content landed while the bucket kept versions: that item is the other version's."""
    bucket = reconcile_function.bucket
    bucket.s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    reconcile_function.land(f"{model}/a.csv")
    bucket.s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Suspended"})
    reconcile_function.lose(f"{model}/a.csv")

    answer = reconcile_function.handle()

    assert (counts(answer), len(answer["unsure"])) == ((2, 1, 0, 0), 1)


def test_item_of_before_is_known_by_size_and_time(reconcile_function: ReconcileFunction, model: str) -> None:
    """Version 1.0.0 wrote no ETag into an item."""
    reconcile_function.land(f"{model}/a.csv")
    (item,) = reconcile_function.table.query(
        KeyConditionExpression="object_uri = :uri",
        ExpressionAttributeValues={":uri": f"s3://{reconcile_function.bucket.name}/{model}/a.csv"},
    )["Items"]
    key: dict[str, Any] = {name: item[name] for name in ("object_uri", "object_version")}
    reconcile_function.table.update_item(Key=key, UpdateExpression="REMOVE etag")

    assert counts(reconcile_function.handle()) == (1, 1, 0, 0)


def test_backfill_sends_what_no_event_can_tell_of_any_more(
    reconcile_function: ReconcileFunction, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """After 15 days no queue holds the event. Two backfills name the file alike, so it has one item."""
    reconcile_function.lose(f"{model}/a.csv")
    since = {"since": iso_utc(datetime.now(UTC) - timedelta(days=1))}
    reconcile_function.clock.ahead_seconds = SIXTEEN_DAYS

    first, second = reconcile_function.handle(since), reconcile_function.handle(since)
    taken = reconcile_function.drain()

    assert (counts(first), counts(second), taken) == ((1, 0, 1, 1), (1, 0, 1, 1), 2)
    assert len(prediction_one.uploads) == 1
    assert counts(reconcile_function.handle(since)) == (1, 1, 0, 0)


def test_daily_run_never_sends_what_it_has_reported(
    reconcile_function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """However long its window is: a person may have decided since."""
    reconcile_function.lose(f"{model}/a.csv")
    reconcile_function.clock.ahead_seconds = timedelta(days=6).total_seconds()
    monkeypatch.setattr("retrain.reconciling.run.EVENT_LIFETIME", timedelta(days=1))

    answer = reconcile_function.handle()

    assert (counts(answer), len(answer["unsure"])) == ((1, 0, 0, 0), 1)

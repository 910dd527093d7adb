"""Files whose event never came are sent as if it had; all others are left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from local.prediction_one import PredictionOneStandIn
from retrain.ledger.status import Status
from retrain.moments import iso_utc
from tests.conftest import AWKWARD_NAMES, landed_as, objects_in
from tests.functional.conftest import CSV
from tests.functional.reconciling.conftest import ReconcileFunction, counts, event_of, land_in_parts, messages_in

pytestmark = pytest.mark.usefixtures("model_secret", "pauses", "no_secret_in_output")


def test_lost_file_is_trained_on_once(
    reconcile_function: ReconcileFunction, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """A run queues it, the upload function sends it, and the next run has nothing to do."""
    lost = [reconcile_function.lose(f"{model}/2026/{name}.csv") for name in "ab"]
    reconcile_function.land(f"{model}/2026/c.csv")

    first = reconcile_function.handle()
    taken = reconcile_function.drain()
    second = reconcile_function.handle()

    assert (counts(first), first["models"], taken) == ((3, 1, 2, 2), {model: 2}, 2)
    assert (counts(second), second["unsure"]) == ((3, 3, 0, 0), [])
    assert [reconcile_function.statuses(landed.uri) for landed in lost] == [["TRAINING"]] * 2
    assert len(prediction_one.uploads) == 3
    assert reconcile_function.queue_is_empty()


def test_event_is_like_that_of_s3(reconcile_function: ReconcileFunction, model: str) -> None:
    """With the version, the entity tag, the size, and S3's own time: the switch compares it."""
    lost = reconcile_function.lose(f"{model}/a.csv")
    (listed,) = reconcile_function.bucket.s3.list_object_versions(Bucket=lost.bucket)["Versions"]

    reconcile_function.handle()

    (event,) = messages_in(reconcile_function)
    (told,) = objects_in(event)
    landed_at = iso_utc(listed["LastModified"].replace(microsecond=0))
    assert told == landed_as(
        lost.key,
        bucket=lost.bucket,
        version_id=lost.version_id,
        etag=lost.etag,
        size_bytes=len(CSV),
        sequencer=f"{lost.etag}@{landed_at}",
        landed_at=landed_at,
    )


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_awkward_names_are_found_again(
    reconcile_function: ReconcileFunction, prediction_one: PredictionOneStandIn, model: str, name: str
) -> None:
    """A name that is escaped once too often, or not at all, would be another file."""
    reconcile_function.lose(f"{model}/2026/{name}")

    sent = reconcile_function.handle()["sent"]
    reconcile_function.drain()

    assert (sent, counts(reconcile_function.handle())) == (1, (1, 1, 0, 0))
    assert [upload.filename for upload in prediction_one.uploads] == [name]


@pytest.mark.parametrize("status", Status)
def test_item_of_any_status_is_known(reconcile_function: ReconcileFunction, model: str, status: Status) -> None:
    """Also one that says why not, and one of before items had an ETag and a version id."""
    lost = reconcile_function.lose(f"{model}/a.csv")
    key = {"object_uri": lost.uri, "object_version": lost.version}
    reconcile_function.table.put_item(Item={**key, "status": status, "changed_by_hand": status})

    assert counts(reconcile_function.handle()) == (1, 1, 0, 0)


def test_event_that_still_comes_trains_no_second_time(
    reconcile_function: ReconcileFunction, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """A file in the queue has no item yet. It is sent again, and the claim decides, whichever message comes first."""
    waiting, late = (reconcile_function.lose(f"{model}/{name}.csv") for name in ("waiting", "late"))
    reconcile_function.upload_function.queue(event_of(waiting))

    reconcile_function.handle()
    reconcile_function.upload_function.queue(event_of(late))

    assert reconcile_function.drain() == 4
    assert len(prediction_one.uploads) == 2
    assert [reconcile_function.statuses(landed.uri) for landed in (waiting, late)] == [["TRAINING"]] * 2


def test_what_is_no_training_data_is_not_listed(reconcile_function: ReconcileFunction, model: str) -> None:
    """Folders, markers of jobs, hidden files, and deletions."""
    for name in ("", "2026/", "_SUCCESS", ".hidden.csv", "2026/_temporary/"):
        reconcile_function.lose(f"{model}/{name}", b"")
    deleted = reconcile_function.land(f"{model}/deleted.csv")
    reconcile_function.bucket.s3.delete_object(Bucket=deleted.bucket, Key=deleted.key)

    assert counts(reconcile_function.handle()) == (1, 1, 0, 0)  # the version that landed before the deletion


def test_every_version_counts(
    reconcile_function: ReconcileFunction, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """Each landed, each is trained on, also the one that was overwritten and the one that was deleted."""
    for rows in range(3):
        reconcile_function.lose(f"{model}/a.csv", CSV + b"Gentoo,Biscoe,5000\n" * rows)
    reconcile_function.bucket.s3.delete_object(Bucket=reconcile_function.bucket.name, Key=f"{model}/a.csv")

    answer = reconcile_function.handle()
    reconcile_function.drain()

    assert (counts(answer), len(prediction_one.uploads)) == ((3, 0, 3, 3), 3)
    assert reconcile_function.statuses(f"s3://{reconcile_function.bucket.name}/{model}/a.csv") == ["TRAINING"] * 3


def test_many_versions_of_one_key_are_listed_once_each(
    reconcile_function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """Pages begin and end within a key."""
    monkeypatch.setattr("retrain.reconciling.listing.PAGE_SIZE", 3)
    for key in (f"{model}/a.csv", f"{model}/b.csv"):
        for number in range(10):
            reconcile_function.lose(key, CSV + b"x" * number)

    answer = reconcile_function.handle()

    versions = [event["detail"]["object"]["version-id"] for event in messages_in(reconcile_function)]
    assert (counts(answer), len(set(versions))) == ((20, 0, 20, 20), 20)
    assert [name for name, _ in reconcile_function.calls].count("ListObjectVersions") == 7


def test_look_ups_are_batched(reconcile_function: ReconcileFunction, model: str) -> None:
    """A hundred keys at a time; a pair's name is guessed from its halves, so no dataset is queried."""
    for number in range(203):
        reconcile_function.lose(f"{model}/{number}.csv")
    reconcile_function.land(f"{model}/d/train_src/a.csv")
    reconcile_function.land(f"{model}/d/eval_src/a.csv")
    reconcile_function.calls.clear()

    reconcile_function.handle()

    made = [name for name, _ in reconcile_function.calls]
    assert (made.count("BatchGetItem"), made.count("SendMessageBatch")) == (3, 21)
    assert made.count("Query") == 1  # the position


@pytest.mark.parametrize(("age", "listed"), [("59 minutes", 0), ("61 minutes", 1), ("6.9 days", 1), ("7.1 days", 0)])
def test_daily_window(reconcile_function: ReconcileFunction, model: str, age: str, listed: int) -> None:
    """Between one hour and `ReconcileDays` old."""
    number, unit = age.split()
    reconcile_function.lose(f"{model}/a.csv")
    reconcile_function.clock.ahead_seconds = timedelta(**{unit: float(number)}).total_seconds()

    assert reconcile_function.handle()["listed"] == listed


def test_file_that_was_uploaded_in_parts_is_known(
    reconcile_function: ReconcileFunction, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """S3 dates it from the upload's start; its version names its item all the same."""
    landed = land_in_parts(reconcile_function.bucket, f"{model}/a.csv")
    later = iso_utc(datetime.now(UTC) + timedelta(hours=1))

    reconcile_function.upload_function.handle({**event_of(landed), "time": later})

    assert counts(reconcile_function.handle()) == (1, 1, 0, 0)
    assert len(prediction_one.uploads) == 1

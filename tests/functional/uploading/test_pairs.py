"""Training and evaluation data under one dataset folder: sent as one zip, once, whichever half lands last."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from local.prediction_one import Fault, PredictionOneStandIn
from retrain.deadline import Deadline
from retrain.uploading.pair_zip import zipped
from retrain.uploading.source import LandedFile
from tests.conftest import eventbridge_event
from tests.functional.conftest import CSV, LandingBucket, sha256
from tests.functional.uploading.conftest import UploadFunction
from tests.functional.uploading.datasets import Dataset

pytestmark = pytest.mark.usefixtures("model_secret", "pauses", "no_secret_in_output")

TRAIN, EVAL = "train_src/訓練 1+1.csv", "eval_src/評価.csv"
OTHER_CSV = CSV + b"Gentoo,Biscoe,5000\n"


@pytest.mark.parametrize("order", [(TRAIN, EVAL), (EVAL, TRAIN)], ids=["train first", "eval first"])
def test_pair_is_sent_once_both_halves_are_there(
    upload_function: UploadFunction, dataset: Dataset, prediction_one: PredictionOneStandIn, order: Sequence[str]
) -> None:
    """The first half waits and says for what; the second one's event sends both as one zip."""
    upload_function.handle(eventbridge_event(dataset.land(order[0])))
    (waiting,) = dataset.items

    upload_function.handle(eventbridge_event(dataset.land(order[1])))

    assert (waiting["status"], waiting["filename"]) == ("WAITING", order[0].split("/")[1])
    assert waiting["waits_for"] == f"s3://{dataset.bucket.name}/{dataset.key}{order[1].split('/')[0]}/"
    (pair,) = dataset.items
    (upload,) = prediction_one.uploads
    assert (pair["status"], pair["retrain_job_id"]) == ("TRAINING", upload.retrain_job_id)
    assert (pair["filename"], upload.filename) == ("データ.zip", "データ.zip")
    assert (pair["train_src"]["key"], pair["eval_src"]["key"]) == (dataset.key + TRAIN, dataset.key + EVAL)


def test_pair_landed_when_its_later_half_did(
    upload_function: UploadFunction, dataset: Dataset, prediction_one: PredictionOneStandIn
) -> None:
    """By the halves' own events, whose order decides which model goes live: S3 dates an upload from its start."""
    upload_function.handle({**eventbridge_event(dataset.land(TRAIN)), "time": "2031-01-02T00:00:00Z"})

    upload_function.handle({**eventbridge_event(dataset.land(EVAL)), "time": "2031-01-01T00:00:00Z"})

    assert (len(prediction_one.uploads), dataset.items[0]["landed_at"]) == (1, "2031-01-02T00:00:00.000Z")


def test_what_arrives_is_the_zip_of_both(
    upload_function: UploadFunction, dataset: Dataset, prediction_one: PredictionOneStandIn
) -> None:
    """Byte by byte the same zip as any other of the same two files."""
    train, evaluation = dataset.land(TRAIN), dataset.land(EVAL, OTHER_CSV)

    upload_function.handle(eventbridge_event(train))

    halves = [LandedFile(dataset.bucket.s3, half) for half in (train, evaluation)]
    with zipped(halves, Deadline(float("inf"))) as pair_zip:
        assert [upload.sha256 for upload in prediction_one.uploads] == [sha256(b"".join(pair_zip.chunks()))]


def test_repeated_events_start_no_second_job(
    upload_function: UploadFunction, dataset: Dataset, prediction_one: PredictionOneStandIn
) -> None:
    """Both halves' events, each three times, are one pair."""
    events = [eventbridge_event(dataset.land(name)) for name in (TRAIN, EVAL)]

    for event in events * 3:
        upload_function.handle(event)

    assert (dataset.statuses, len(prediction_one.uploads)) == (["TRAINING"], 1)


def test_half_that_landed_again_is_a_new_pair(
    upload_function: UploadFunction, dataset: Dataset, prediction_one: PredictionOneStandIn
) -> None:
    """With the other half as it is; a late event of the old half changes nothing."""
    old = eventbridge_event(dataset.land(TRAIN))
    upload_function.handle(old)
    upload_function.handle(eventbridge_event(dataset.land(EVAL)))

    upload_function.handle(eventbridge_event(dataset.land(TRAIN, OTHER_CSV)))
    upload_function.handle(old)

    assert dataset.statuses == ["TRAINING", "TRAINING"]
    assert len(prediction_one.uploads) == 2


def test_half_that_landed_again_with_the_same_bytes_is_a_new_pair(
    upload_function: UploadFunction, landing_bucket: LandingBucket, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """Where versions tell the two landings apart."""
    for name in (TRAIN, EVAL, EVAL):
        upload_function.handle(eventbridge_event(landing_bucket.land(f"{model}/d/{name}", CSV)))

    assert len(prediction_one.uploads) == 2


def test_half_overwritten_while_it_waits_is_superseded(upload_function: UploadFunction, dataset: Dataset) -> None:
    """The newer version waits in its place."""
    for body in (CSV, OTHER_CSV):
        upload_function.handle(eventbridge_event(dataset.land(TRAIN, body)))

    assert sorted(dataset.statuses) == ["SUPERSEDED", "WAITING"]


def test_event_of_a_half_that_is_gone_is_superseded(upload_function: UploadFunction, dataset: Dataset) -> None:
    """It was deleted before its event came."""
    landed = dataset.land(TRAIN)
    dataset.bucket.s3.delete_object(Bucket=landed.bucket, Key=landed.key)

    upload_function.handle(eventbridge_event(landed))

    (item,) = dataset.items
    assert (item["status"], item["error_code"]) == ("SUPERSEDED", "OBJECT_SUPERSEDED")
    assert "waits_for" not in item


def test_second_file_in_a_half_is_refused_by_name(
    upload_function: UploadFunction, dataset: Dataset, prediction_one: PredictionOneStandIn
) -> None:
    """Nobody can tell which of the two is meant; markers and other types don't count."""
    upload_function.handle(eventbridge_event(dataset.land(TRAIN)))
    for name in ("train_src/_SUCCESS", "train_src/.b.csv", "train_src/notes.txt"):
        dataset.land(name)

    upload_function.handle(eventbridge_event(dataset.land("train_src/b.csv")))

    waiting, refused = dataset.items
    assert (waiting["status"], refused["status"], refused["error_code"]) == ("WAITING", "REJECTED", "TOO_MANY_IN_HALF")
    assert "train_src/ contains 2 data files: b.csv, 訓練 1+1.csv" in refused["error_message"]
    assert prediction_one.uploads == []


def test_bad_half_is_refused_under_its_name(upload_function: UploadFunction, dataset: Dataset) -> None:
    """The reason says in which of the two files it is."""
    dataset.land(TRAIN)

    upload_function.handle(eventbridge_event(dataset.land(EVAL, b"a,b\n1,2,3\n")))

    (item,) = dataset.items
    assert (item["status"], item["error_code"]) == ("REJECTED", "UNEVEN_ROW")
    assert item["error_message"].startswith("eval_src/評価.csv: the row")


def test_failed_pair_is_resumed_as_it_started(
    upload_function: UploadFunction, dataset: Dataset, prediction_one: PredictionOneStandIn
) -> None:
    """A half that lands again in between makes its own pair; neither of the two is left behind."""
    dataset.land(TRAIN)
    prediction_one.go_down()
    upload_function.queue(eventbridge_event(dataset.land(EVAL)))
    assert not upload_function.take_message()
    prediction_one.come_back()

    upload_function.handle(eventbridge_event(dataset.land(EVAL, OTHER_CSV)))
    assert upload_function.take_message()

    of_old_version = "TRAINING" if dataset.bucket.name == "landing" else "SUPERSEDED"
    assert sorted(dataset.statuses) == sorted([of_old_version, "TRAINING"])
    assert len(prediction_one.uploads) == dataset.statuses.count("TRAINING")


def test_retried_upload_reads_nothing_again(
    upload_function: UploadFunction, dataset: Dataset, prediction_one: PredictionOneStandIn
) -> None:
    """The zip that was built is sent once more."""
    dataset.land(TRAIN)
    prediction_one.add_fault(Fault("put", "status", status=503))

    upload_function.handle(eventbridge_event(dataset.land(EVAL)))

    assert dataset.statuses == ["TRAINING"]
    assert [call for call, _ in upload_function.calls].count("GetObject") == 2
    assert [request.status for request in prediction_one.find_requests("put")] == [503, 200]


def test_pairs_of_a_model_may_lie_directly_in_its_folder(
    upload_function: UploadFunction, landing_bucket: LandingBucket, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """The dataset is named as the model, then."""
    landing_bucket.land(f"{model}/train_src/a.csv", CSV)

    upload_function.handle(eventbridge_event(landing_bucket.land(f"{model}/eval_src/b.TSV", CSV.replace(b",", b"\t"))))

    assert [upload.filename for upload in prediction_one.uploads] == [f"{model}.zip"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("train_src/a.zip", "UNSUPPORTED_TYPE"),
        ("eval_src/a.parquet", "UNSUPPORTED_TYPE"),
        ("eval_src/b/a.csv", "TOO_DEEP_IN_PAIR"),
    ],
)
def test_misplaced_file_is_refused_and_never_trained_on_alone(
    upload_function: UploadFunction,
    dataset: Dataset,
    prediction_one: PredictionOneStandIn,
    name: str,
    code: str,
) -> None:
    """It has its own item, as every file that is not a half."""
    landed = dataset.land(name)

    upload_function.handle(eventbridge_event(landed))

    assert (upload_function.item_of(landed)["error_code"], prediction_one.uploads) == (code, [])

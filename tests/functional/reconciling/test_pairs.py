"""Halves of pairs: known by their dataset's items, and sent when none has them."""

from __future__ import annotations

import pytest

from local.prediction_one import PredictionOneStandIn
from tests.functional.conftest import CSV
from tests.functional.reconciling.conftest import ReconcileFunction, counts

pytestmark = [
    pytest.mark.usefixtures("model_secret", "pauses", "no_secret_in_output"),
    pytest.mark.parametrize("bucket", ["Enabled", ""], indirect=True, ids=["versions", "no versions"]),
]

TRAIN, EVAL = "2026/データ/train_src/a 1+1.csv", "2026/データ/eval_src/b.csv"
OTHER_CSV = CSV + b"Gentoo,Biscoe,5000\n"


def dataset_uri(function: ReconcileFunction, model: str) -> str:
    """Return the URI that the pair's items have."""
    return f"s3://{function.bucket.name}/{model}/2026/データ/"


def has_versions(function: ReconcileFunction) -> bool:
    """Return whether the bucket keeps versions."""
    return bool(function.bucket.s3.get_bucket_versioning(Bucket=function.bucket.name).get("Status"))


def test_halves_of_a_pair_in_training_are_known(reconcile_function: ReconcileFunction, model: str) -> None:
    """They have no items of their own any more."""
    reconcile_function.land(f"{model}/{TRAIN}")
    reconcile_function.land(f"{model}/{EVAL}")

    assert counts(reconcile_function.handle()) == (2, 2, 0, 0)


def test_waiting_half_is_known(reconcile_function: ReconcileFunction, model: str) -> None:
    """It has an item that says what it waits for."""
    reconcile_function.land(f"{model}/{TRAIN}")

    assert counts(reconcile_function.handle()) == (1, 1, 0, 0)


@pytest.mark.parametrize("lost", [{TRAIN}, {EVAL}, {TRAIN, EVAL}], ids=["train", "eval", "both"])
def test_lost_half_completes_its_pair(
    reconcile_function: ReconcileFunction, prediction_one: PredictionOneStandIn, model: str, lost: set[str]
) -> None:
    """Whichever event was lost, the pair is sent once, and counts as one retraining."""
    for name in sorted({TRAIN, EVAL} - lost):
        reconcile_function.land(f"{model}/{name}")
    for name in lost:
        reconcile_function.lose(f"{model}/{name}")

    first = reconcile_function.handle()
    reconcile_function.handle()
    reconcile_function.drain()

    assert (counts(first), first["models"]) == ((2, 2 - len(lost), len(lost), len(lost)), {model: 1})
    assert [upload.filename for upload in prediction_one.uploads] == ["データ.zip"]
    assert reconcile_function.statuses(dataset_uri(reconcile_function, model)) == ["TRAINING"]
    assert counts(reconcile_function.handle()) == (2, 2, 0, 0)


def test_half_that_landed_again_makes_another_pair(
    reconcile_function: ReconcileFunction, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """The old half, whose pair was replaced, stays known."""
    reconcile_function.land(f"{model}/{TRAIN}")
    reconcile_function.land(f"{model}/{EVAL}")
    reconcile_function.lose(f"{model}/{TRAIN}", OTHER_CSV)

    answer = reconcile_function.handle()
    reconcile_function.drain()

    assert (answer["missing"], len(prediction_one.uploads)) == (1, 2)
    assert reconcile_function.handle()["missing"] == 0


def test_half_that_was_overwritten_before_its_pair_gets_an_item(
    reconcile_function: ReconcileFunction, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """Nobody can send it any more: its item says so, and it is not reported again."""
    reconcile_function.lose(f"{model}/{TRAIN}")
    reconcile_function.lose(f"{model}/{TRAIN}", OTHER_CSV)
    reconcile_function.lose(f"{model}/{EVAL}")
    keeps_versions = has_versions(reconcile_function)

    reconcile_function.handle()
    reconcile_function.drain()

    expected = ["SUPERSEDED", "TRAINING"] if keeps_versions else ["TRAINING"]
    assert reconcile_function.statuses(dataset_uri(reconcile_function, model)) == expected
    assert len(prediction_one.uploads) == 1
    assert reconcile_function.handle()["missing"] == 0


def test_refused_half_is_known(reconcile_function: ReconcileFunction, model: str) -> None:
    """One that is refused for its name has its own item, two files in a half have one in their dataset."""
    reconcile_function.lose(f"{model}/2026/x/train_src/a.xlsx")
    for name in ("a.csv", "b.csv"):
        reconcile_function.lose(f"{model}/2026/y/train_src/{name}")

    assert reconcile_function.handle()["missing"] == (3 if has_versions(reconcile_function) else 2)
    reconcile_function.drain()

    assert reconcile_function.handle()["missing"] == 0


def test_halves_on_different_pages_are_known(
    reconcile_function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """Their pair's name cannot be guessed from one page, so the dataset is queried."""
    monkeypatch.setattr("retrain.reconciling.listing.PAGE_SIZE", 1)
    reconcile_function.land(f"{model}/{TRAIN}")
    reconcile_function.land(f"{model}/{EVAL}")

    assert counts(reconcile_function.handle()) == (2, 2, 0, 0)

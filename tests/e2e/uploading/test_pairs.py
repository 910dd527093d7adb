"""Training and evaluation data land, in any order or at once: one zip, one retrain."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.processes import wait_for
from local.stack import LocalStack
from tests.e2e.conftest import CSV

PAIRS = 50


@pytest.mark.parametrize("order", [("train_src", "eval_src"), ("eval_src", "train_src")])
def test_pair_is_sent_as_one_zip(stack: LocalStack, model: str, order: tuple[str, str]) -> None:
    """The half alone is seen to wait, for what, and is gone when the pair is in training."""
    stack.add_model(model)
    folder = f"{model}/2026-11-23/データ 1+1/"
    uri = f"s3://{stack.outputs['LandingBucketName']}/{folder}"

    stack.land(f"{folder}{order[0]}/a b.csv", CSV)
    waiting = wait_for("the first half", lambda: only_job(stack, uri, "WAITING"))
    stack.land(f"{folder}{order[1]}/ペンギン.csv", CSV)
    job = wait_for("the pair", lambda: only_job(stack, uri, "TRAINING"))

    (upload,) = stack.prediction_one.find_uploads(model=model)
    assert (upload.filename, upload.retrain_job_id) == ("データ 1+1.zip", job["retrain_job_id"])
    assert waiting["waits_for"] == f"{uri}{order[1]}/"
    assert job[order[1]]["key"] == f"{folder}{order[1]}/ペンギン.csv"


def test_pairs_that_land_at_once_are_each_sent_once(stack: LocalStack, model: str) -> None:
    """A hundred halves in random order, ten at a time: fifty zips, fifty jobs, and nothing that still waits."""
    stack.add_model(model)
    halves = [f"{model}/{number}/{half}/data.csv" for number in range(PAIRS) for half in ("train_src", "eval_src")]
    random.shuffle(halves)

    with ThreadPoolExecutor(10) as landing:
        uris = set(landing.map(lambda key: stack.land(key, CSV).rsplit("/", 2)[0] + "/", halves))
    for uri in uris:
        wait_for(f"{uri} to be one pair in training", lambda uri=uri: only_job(stack, uri, "TRAINING"), 120)  # type: ignore[misc]

    sent = [upload.filename for upload in stack.prediction_one.find_uploads(model=model)]
    assert sorted(sent) == sorted(f"{number}.zip" for number in range(PAIRS))


def test_second_file_in_a_half_is_refused(stack: LocalStack, model: str) -> None:
    """By name, in the item of the half that came too much."""
    stack.add_model(model)
    uri = stack.land(f"{model}/d/train_src/a.csv", CSV).rsplit("/", 2)[0] + "/"
    wait_for("the first file", lambda: only_job(stack, uri, "WAITING"))

    stack.land(f"{model}/d/train_src/b.csv", CSV)
    jobs = wait_for("the refusal", lambda: [job for job in stack.jobs(uri) if job["status"] == "REJECTED"])

    assert [job["error_code"] for job in jobs] == ["TOO_MANY_IN_HALF"]
    assert "a.csv, b.csv" in jobs[0]["error_message"]


def only_job(stack: LocalStack, uri: str, status: str) -> dict[str, Any] | None:
    """Return the one item of a dataset's folder, if it has this status."""
    jobs = stack.jobs(uri)
    return jobs[0] if [job["status"] for job in jobs] == [status] else None

"""What `make soak` does before its bursts: a service that is late, and a model that cannot be served."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from local.prediction_one import Fault
from local.processes import wait_for
from local.stack import LocalStack

SETTLE_MINUTES = 0.2
NOTICE_SECONDS = 5
"""Together a scale model of the defaults: 10 minutes to settle, for a service that needs 4."""

LATE_FILES = 100
REFUSED_FILES, HANGING_FILES, GOOD_FILES = 200, 31, 20

_CSV = b"species,body_mass_g\n" + b"Adelie,3750\n" * 100


@dataclass(frozen=True)
class Trouble:
    """What became of a trouble's files.

    Attributes
    ----------
    trained, doubled
        Files that the service has once, and more than once.
    seconds
        From the first landing until the last of the files that could be trained on was in training.
    calls
        How often the service was asked for an upload URL of the files that could not; 0 if there were none.
    """

    name: str
    landed: int
    trained: int
    doubled: int
    seconds: float
    calls: int = 0


def late_service(stack: LocalStack) -> Trouble:
    """Have every answer to an upload lost, by a service that notices each file late."""
    stack.add_model("late")
    stack.prediction_one.change_settings(notice_seconds=NOTICE_SECONDS)
    stack.prediction_one.add_fault(Fault("put", "drop", at="after_body", model="late", times=None))
    started_at = time.monotonic()
    _land(stack, "late", LATE_FILES)
    _wait_until_trained(stack, "late", LATE_FILES)
    seconds = time.monotonic() - started_at
    stack.prediction_one.clear_faults()
    stack.prediction_one.change_settings(notice_seconds=0)
    return Trouble("every answer lost, noticed 5 s late", LATE_FILES, *_uploads(stack, "late"), seconds)


def broken_models(stack: LocalStack) -> Trouble:
    """Land many files of a model whose key is refused and of one whose calls hang, then a few of a good one."""
    stack.add_model("refused", "no-such-key")
    for model in ("hanging", "good"):
        stack.add_model(model)
    stack.prediction_one.add_fault(Fault("upload_url", "slow", model="hanging", times=None, delay_seconds=60))
    _land(stack, "refused", REFUSED_FILES)
    _land(stack, "hanging", HANGING_FILES)
    started_at = time.monotonic()
    _land(stack, "good", GOOD_FILES)
    _wait_until_trained(stack, "good", GOOD_FILES)
    seconds = time.monotonic() - started_at
    calls = sum(request.model is None for request in stack.prediction_one.find_requests("upload_url"))
    stack.prediction_one.clear_faults()
    landed = REFUSED_FILES + HANGING_FILES + GOOD_FILES
    return Trouble("a refused key and a model that hangs", landed, *_uploads(stack, "good"), seconds, calls)


def _land(stack: LocalStack, model: str, files: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: stack.land(f"{model}/{number:03}.csv", _CSV), range(files)))


def _wait_until_trained(stack: LocalStack, model: str, files: int) -> None:
    table = stack.aws.dynamodb().Table(stack.outputs["JobsTableName"])

    def all_in_training() -> bool:
        items: list[dict[str, Any]] = table.query(
            IndexName="by_model", KeyConditionExpression="model = :m", ExpressionAttributeValues={":m": model}
        )["Items"]
        return len([item for item in items if item["status"] == "TRAINING"]) == files

    wait_for(f"{files} files of {model}", all_in_training, timeout_seconds=600)


def _uploads(stack: LocalStack, model: str) -> tuple[int, int]:
    """Return how many files the service has once, and more than once."""
    names = [upload.filename for upload in stack.prediction_one.find_uploads(model=model)]
    return sum(names.count(name) == 1 for name in set(names)), sum(names.count(name) > 1 for name in set(names))

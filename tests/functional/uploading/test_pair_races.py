"""Both halves' events at once: whatever the order of their steps, the pair is sent once and nothing waits forever."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from local.prediction_one import PredictionOneStandIn
from retrain.aws import clients
from retrain.deadline import Deadline
from retrain.errors import FileRejectedError, RetrainError
from retrain.landing.landed_object import LandedObject
from retrain.landing.landed_pair import LandedPair
from retrain.ledger.status import Status
from retrain.uploading.attempt import Invocation, attempt
from retrain.uploading.pairing import landings
from tests.functional.conftest import ON_BOTH_DYNAMODBS, LandingBucket
from tests.functional.uploading.datasets import Dataset
from upload_handler import dependencies

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

pytestmark = [pytest.mark.usefixtures("upload_function", "model_secret", "pauses"), ON_BOTH_DYNAMODBS]

TRAIN, EVAL = "train_src/a.csv", "eval_src/b.csv"

CALLS = 13
"""AWS calls of the invocation that sends the pair; the test notices if they become more."""


@pytest.fixture
def dataset(landing_bucket: LandingBucket, jobs_table: Table, model: str) -> Dataset:
    """Give an empty dataset folder."""
    return Dataset(landing_bucket, jobs_table, f"{model}/d/")


@contextmanager
def before_call(number: int, interruption: Callable[[], object]) -> Iterator[list[str]]:
    """Have something happen before the n-th AWS call in this context; give the names of all calls."""
    names: list[str] = []
    counting = True

    def count(**call: Any) -> None:  # clients that are made in this context keep it forever
        if counting:
            names.append(call["model"].name)
            if len(names) == number:
                interruption()

    session = clients.botocore_session()
    session.register("before-parameter-build", count)
    yield names
    counting = False
    session.unregister("before-parameter-build", count)


def deliver(landed: LandedObject) -> bool:
    """Handle a half's event without the envelope; tell whether it is consumed."""
    try:
        for landing in landings(dependencies(), landed):
            attempt(dependencies(), landing, Invocation(uuid.uuid4().hex, Deadline(time.time() + 900)))
    except RetrainError:
        return False
    return True


@pytest.mark.parametrize("number", range(1, 6))
def test_other_half_may_land_and_be_handled_at_any_moment(
    dataset: Dataset, prediction_one: PredictionOneStandIn, number: int
) -> None:
    """Its whole invocation takes place between two calls of the first half's."""
    first = dataset.land(TRAIN)
    second: list[LandedObject] = []

    def land_other_half() -> None:
        second.append(dataset.land(EVAL))
        deliver(second[0])

    with before_call(number, land_other_half):
        deliver(first)

    assert all(deliver(half) for half in (first, *second))
    assert (dataset.statuses, len(prediction_one.uploads)) == (["TRAINING"], 1)


@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_both_halves_events_may_cross_at_any_moment(
    dataset: Dataset, prediction_one: PredictionOneStandIn, number: int
) -> None:
    """Both halves are there when both events come."""
    first, second = (dataset.land(name) for name in (TRAIN, EVAL))

    with before_call(number, lambda: deliver(second)) as calls:
        deliver(first)

    assert len(calls) >= number
    assert dataset.statuses == ["TRAINING"]
    assert all(deliver(half) for half in (first, second))
    assert (dataset.statuses, len(prediction_one.uploads)) == (["TRAINING"], 1)


def test_half_that_died_while_it_waited_is_taken_up_again(
    dataset: Dataset, prediction_one: PredictionOneStandIn
) -> None:
    """The invocation was killed after it had written that it waits; its message comes again."""

    class KilledError(BaseException):
        """Ends an invocation as SIGKILL does: nobody handles it."""

    def kill() -> None:
        raise KilledError

    first = dataset.land(TRAIN)
    dataset.land(EVAL)
    with before_call(3, kill), pytest.raises(KilledError):
        deliver(first)
    assert dataset.statuses == ["WAITING"]

    assert deliver(first)
    assert (dataset.statuses, len(prediction_one.uploads)) == (["TRAINING"], 1)


def test_halves_wait_on_until_their_pair_has_an_item(dataset: Dataset) -> None:
    """An invocation that could not write the pair's item takes nothing away."""
    halves = dataset.land(TRAIN), dataset.land(EVAL)
    pairs = dependencies().pairs
    for half in halves:
        pairs.wait(half)

    pairs.end_waits(LandedPair(*halves))

    assert dataset.statuses == ["WAITING", "WAITING"]


def test_half_that_was_refused_meanwhile_stays_in_the_table(dataset: Dataset) -> None:
    """Another invocation refuses it between the look at the items and the removal."""
    train = dataset.land(TRAIN)
    pair = LandedPair(train, dataset.land(EVAL))

    def refuse() -> None:
        dependencies().pairs.close(train, train.version, Status.REJECTED, FileRejectedError("CODE", "?"))

    with before_call(4, refuse) as calls:
        dependencies().pairs.wait(train)
        dependencies().ledger.claim(pair, "owner", time.time() + 900)
        dependencies().pairs.end_waits(pair)

    assert calls[2:] == ["Query", "DeleteItem", "UpdateItem"]
    assert sorted(dataset.statuses) == ["REJECTED", "UPLOADING"]


def test_refused_half_does_not_wait_again(dataset: Dataset) -> None:
    """A late delivery of its event leaves the refusal, and its reason, where they are."""
    train = dataset.land(TRAIN)
    services = dependencies()
    services.pairs.wait(train)
    services.pairs.close(train, train.version, Status.REJECTED, FileRejectedError("CODE", "?"))

    services.pairs.wait(train)

    assert dataset.statuses == ["REJECTED"]

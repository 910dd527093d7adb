"""A run that dies, in any call, or runs beside another: nothing is doubled, and the next run completes it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import reconcile_handler
from local.prediction_one import PredictionOneStandIn
from retrain.deadline import Deadline
from retrain.errors import RetrainError
from retrain.reconciling.run import reconcile
from tests.functional.reconciling.conftest import ReconcileFunction, counts, messages_in

pytestmark = pytest.mark.usefixtures("model_secret", "pauses", "no_secret_in_output")

CALLS = ("Query", "ListObjectVersions", "BatchGetItem", "Publish", "SendMessageBatch", "UpdateItem")
"""The calls of a run that change something, or on whose answer something depends."""


class Killed(BaseException):
    """What ends a run here, as SIGKILL does: nobody catches it."""


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Give a function that has the next run die before or after its first call of an operation."""
    deps = reconcile_handler.dependencies()
    clients: tuple[Any, ...] = (deps.s3, deps.sqs, deps.sns, deps.versions._table.meta.client)  # noqa: SLF001 - each client it uses

    def set_trap(operation: str, moment: str) -> None:
        armed = [True]
        for client in clients:
            original = client._make_api_call  # noqa: SLF001 - every call of a client goes through it

            def call(name: str, request: Any, original: Any = original) -> Any:
                trapped = name == operation and bool(armed)
                if trapped:
                    armed.clear()
                    if moment == "before":
                        raise Killed
                answer = original(name, request)
                if trapped:
                    raise Killed
                return answer

            monkeypatch.setattr(client, "_make_api_call", call)

    return set_trap


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("operation", CALLS)
def test_killed_run_is_completed_by_the_next(  # noqa: PLR0913, PLR0917 - a fixture for each part
    reconcile_function: ReconcileFunction,
    prediction_one: PredictionOneStandIn,
    kill: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    model: str,
    operation: str,
    moment: str,
) -> None:
    """Whatever it had done: every file is trained on once."""
    monkeypatch.setattr("retrain.reconciling.listing.PAGE_SIZE", 5)
    for number in range(12):
        reconcile_function.lose(f"{model}/{number:02}.csv")
    kill(operation, moment)

    with pytest.raises(Killed):
        reconcile_function.handle(remaining_seconds=60)  # stops after each page
    while not reconcile_function.answers or reconcile_function.answers[-1]["listed"] == 5:
        reconcile_function.handle(remaining_seconds=60)
    reconcile_function.drain()

    sent = [upload.filename for upload in prediction_one.uploads]
    assert sorted(sent) == [f"{number:02}.csv" for number in range(12)]
    assert counts(reconcile_function.handle()) == (12, 12, 0, 0)


def test_two_runs_at_once_double_nothing(
    reconcile_function: ReconcileFunction, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """Both queue every file; each file is trained on once. Without the handler: its metrics are not thread-safe."""
    for number in range(5):
        reconcile_function.lose(f"{model}/{number}.csv")

    with ThreadPoolExecutor(2) as pool:
        deps, until = reconcile_handler.dependencies(), Deadline(float("inf"))
        both = list(pool.map(lambda _: reconcile(deps, {}, until), range(2)))

    assert [counts(answer) for answer in both] == [(5, 0, 5, 5)] * 2
    assert (reconcile_function.drain(), len(prediction_one.uploads)) == (10, 5)


def test_run_continues_where_its_time_ended(
    reconcile_function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """Each sends what it has found. The last one comes to the end, and the next begins again."""
    monkeypatch.setattr("retrain.reconciling.listing.PAGE_SIZE", 5)
    for number in range(12):
        reconcile_function.lose(f"{model}/{number:02}.csv")

    runs = [reconcile_function.handle(remaining_seconds=60) for _ in range(4)]

    assert [answer["sent"] for answer in runs] == [5, 5, 2, 5]
    keys = [event["detail"]["object"]["key"] for event in messages_in(reconcile_function)]
    assert sorted(keys[:12]) == [f"{model}/{number:02}.csv" for number in range(12)]


def test_version_that_grows_too_old_meanwhile_is_still_looked_at(
    reconcile_function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """A pass keeps the window that it began with."""
    monkeypatch.setattr("retrain.reconciling.listing.PAGE_SIZE", 1)
    for name in "ab":
        reconcile_function.lose(f"{model}/{name}.csv")
    reconcile_function.clock.ahead_seconds = 6.9 * 86400

    first = reconcile_function.handle(remaining_seconds=60)
    reconcile_function.clock.ahead_seconds = 7.9 * 86400
    second = reconcile_function.handle()

    assert (first["sent"], second["sent"], reconcile_function.handle()["listed"]) == (1, 1, 0)


def test_more_files_than_one_run_sends_are_left_for_the_next(
    reconcile_function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """Memory is bounded, and nothing that was found is forgotten."""
    monkeypatch.setattr("retrain.reconciling.listing.PAGE_SIZE", 2)
    monkeypatch.setattr("retrain.reconciling.run.PAGE_SIZE", 2)
    monkeypatch.setattr("retrain.reconciling.run.MAX_FILES", 5)
    for number in range(7):
        reconcile_function.lose(f"{model}/{number}.csv")

    assert [reconcile_function.handle()["sent"] for _ in range(2)] == [4, 3]
    assert len(messages_in(reconcile_function)) == 7


def test_position_is_of_one_bucket_and_prefix(
    reconcile_function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """A person's own request neither uses nor moves it."""
    monkeypatch.setattr("retrain.reconciling.listing.PAGE_SIZE", 2)
    for name in "abc":
        reconcile_function.lose(f"{model}/{name}.csv")
    reconcile_function.handle(remaining_seconds=60)

    asked = reconcile_function.handle({"dry_run": True})

    assert (asked["listed"], reconcile_function.handle()["listed"]) == (3, 1)


def test_keys_that_dynamodb_left_out_are_asked_for_again(
    reconcile_function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """A throttled table answers for some keys only; an item must not look as if it were missing."""
    reconcile_function.land(f"{model}/a.csv")
    client = reconcile_handler.dependencies().versions._table.meta.client  # noqa: SLF001 - the one that it uses
    original, left_out = client.batch_get_item, [True, True]

    def leave_out(RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        if left_out:
            left_out.pop()
            return {"Responses": {}, "UnprocessedKeys": RequestItems}
        return original(RequestItems=RequestItems)

    monkeypatch.setattr(client, "batch_get_item", leave_out)

    assert (counts(reconcile_function.handle()), left_out) == ((1, 1, 0, 0), [])


def test_table_that_stays_throttled_ends_the_run(
    reconcile_function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """Nothing is sent that might have an item."""
    reconcile_function.lose(f"{model}/a.csv")
    deps = reconcile_handler.dependencies()
    monkeypatch.setattr(deps.versions, "_sleep", lambda _: None)
    monkeypatch.setattr(
        deps.versions._table.meta.client,  # noqa: SLF001 - the one that it uses
        "batch_get_item",
        lambda RequestItems: {"Responses": {}, "UnprocessedKeys": RequestItems},  # noqa: N803 - boto3's name
    )

    with pytest.raises(RetrainError, match="throttled"):
        reconcile_function.handle()

    assert messages_in(reconcile_function) == []


def test_refused_messages_end_the_run(
    reconcile_function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """SQS may refuse some of a batch: the next run finds them missing again."""
    reconcile_function.lose(f"{model}/a.csv")
    client = reconcile_handler.dependencies().sqs
    refusal = {"Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}]}
    monkeypatch.setattr(client, "send_message_batch", lambda **_: refusal)

    with pytest.raises(RetrainError, match=r"refused 1 of 1 messages \(InternalError\)"):
        reconcile_function.handle()

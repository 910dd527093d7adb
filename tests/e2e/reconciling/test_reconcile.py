"""Events are lost on the deployed template, as a rule or a bucket is off: no file is missed, and none is doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.environments import environment_with
from local.processes import wait_for
from local.stack import LocalStack
from tests.e2e.conftest import CSV, notifications_off, rule_disabled
from tests.e2e.tracking.tracking import invoke
from tests.e2e.tripwires import Call, Moment, Tripwire, TripwireProxy
from tests.listener import Listener

SINCE = {"since": "2026-01-01T00:00:00Z"}
"""A request looks at what has just landed, too; a daily run leaves it an hour."""

FILES = 20


def reconcile(stack: LocalStack, model: str) -> dict[str, int]:
    """Reconcile a model's files, and return the counts."""
    answer = invoke(stack, "Reconcile", {**SINCE, "prefix": f"{model}/"})
    assert answer.get("unsure") == [], answer
    return {name: answer[name] for name in ("listed", "known", "missing", "sent")}


def wait_until_trained(stack: LocalStack, uris: list[str]) -> None:
    """Wait until each URI has one item, in training."""
    for uri in uris:
        wait_for(uri, lambda uri=uri: [job["status"] for job in stack.jobs(uri)] == ["TRAINING"])  # type: ignore[misc]


def uploads_by_name(stack: LocalStack, model: str) -> Counter[str]:
    """Return how often each file of a model was sent."""
    return Counter(upload.filename for upload in stack.prediction_one.find_uploads(model=model))


@pytest.mark.parametrize("lost_by", [rule_disabled, notifications_off])
def test_files_whose_events_were_lost_are_trained_on_once(
    stack: LocalStack, model: str, lost_by: Callable[[LocalStack], Any]
) -> None:
    """Twenty files land unnoticed. Two runs at once find them, and a third has nothing to do."""
    stack.add_model(model)
    noticed = stack.land(f"{model}/noticed.csv", CSV)
    wait_until_trained(stack, [noticed])
    with lost_by(stack):
        lost = [stack.land(f"{model}/{number:02} ペンギン+1.csv", CSV) for number in range(FILES)]

    with ThreadPoolExecutor(2) as pool:
        first, _ = pool.map(lambda _: reconcile(stack, model), range(2))
    wait_until_trained(stack, lost)

    assert first["listed"] == FILES + 1
    assert reconcile(stack, model) == {"listed": FILES + 1, "known": FILES + 1, "missing": 0, "sent": 0}
    sent = uploads_by_name(stack, model)
    assert (len(sent), set(sent.values())) == (FILES + 1, {1})


def test_pairs_whose_events_were_lost_are_sent_once(stack: LocalStack, model: str) -> None:
    """With one half noticed, or none."""
    stack.add_model(model)
    halves = [f"{model}/{dataset}/{half}/data.csv" for dataset in range(3) for half in ("train_src", "eval_src")]
    stack.land(halves[0], CSV)
    datasets = [f"s3://{stack.outputs['LandingBucketName']}/{model}/{dataset}/" for dataset in range(3)]
    wait_for("the half", lambda: [job["status"] for job in stack.jobs(datasets[0])] == ["WAITING"])
    with rule_disabled(stack):
        for half in halves[1:]:
            stack.land(half, CSV)

    first = reconcile(stack, model)
    wait_until_trained(stack, datasets)

    assert (first["listed"], first["known"] + first["missing"], first["sent"]) == (6, 6, first["missing"])
    assert reconcile(stack, model) == {"listed": 6, "known": 6, "missing": 0, "sent": 0}
    assert uploads_by_name(stack, model) == {"0.zip": 1, "1.zip": 1, "2.zip": 1}


@pytest.mark.parametrize(("call", "moment"), [("BatchGetItem", "after"), ("SendMessageBatch", "after")])
def test_killed_run_is_completed_by_the_next(stack: LocalStack, model: str, call: Call, moment: Moment) -> None:
    """SIGKILL after it has found what is missing, and after it has sent some; functional tests try every call."""
    stack.add_model(model)
    with rule_disabled(stack):
        lost = [stack.land(f"{model}/{number}.csv", CSV) for number in range(3)]
    with (
        TripwireProxy(stack.aws.endpoint_url, stack.aws.ca_bundle) as proxy,
        environment_with(stack, "reconcile", AWS_ENDPOINT_URL=proxy.url),
    ):
        proxy.set(Tripwire(model, call, 1, moment))
        killed = invoke(stack, "Reconcile", {**SINCE, "prefix": f"{model}/"})
        sprung = list(proxy.sprung)

    reconcile(stack, model)
    wait_until_trained(stack, lost)

    assert ("errorMessage" in killed, len(sprung)) == (True, 1)
    assert uploads_by_name(stack, model) == {"0.csv": 1, "1.csv": 1, "2.csv": 1}


def test_daily_run_tells_that_notifications_are_off(stack: LocalStack, listener: Listener) -> None:
    """Under the deployed role, by e-mail; and nobody is told when they are on."""
    bucket = stack.outputs["LandingBucketName"]
    with notifications_off(stack):
        invoke(stack, "Reconcile")
    invoke(stack, "Reconcile")

    told = wait_for("the e-mail", lambda: [one for one in listener.notifications if bucket in one["Message"]])
    (subject,) = [one["Subject"] for one in told]
    assert subject.startswith("Prediction One retrain: notifications off, 0 files missing, 0 undecided: prediction-one")

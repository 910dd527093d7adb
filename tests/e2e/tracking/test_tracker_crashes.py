"""The tracker's process is killed at every boundary between two steps, and the next run completes what it started."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from local.stack import LocalStack
from tests.e2e.tracking.tracking import begin, finish, in_service, invoke, item, make_due, schedule_paused, stored
from tests.e2e.tripwires import Call, Moment, Tripwire, TripwireProxy

CRASHES: dict[str, tuple[Call, int, Moment]] = {
    "before-take": ("UpdateItem", 1, "before"),
    "after-take": ("UpdateItem", 1, "after"),
    "before-key": ("GetSecretValue", 1, "before"),
    "before-status": ("status", 1, "before"),
    "after-status": ("status", 1, "after"),
    "before-download": ("download", 1, "before"),
    "mid-download": ("download", 1, "midway"),
    "before-storing": ("PutObject", 1, "before"),
    "after-storing": ("PutObject", 1, "after"),
    "before-mark": ("UpdateItem", 2, "before"),
    "after-mark": ("UpdateItem", 2, "after"),
    "after-acquire": ("UpdateItem", 3, "after"),
    "before-switch": ("switch", 1, "before"),
    "after-switch": ("switch", 1, "after"),
    "before-record": ("TransactWriteItems", 1, "before"),
    "after-record": ("TransactWriteItems", 1, "after"),
}
OF_THE_SERVICE = ("status", "download", "switch")


@dataclass
class Led:
    """A stack whose tracker calls AWS and the service through proxies."""

    stack: LocalStack
    aws: TripwireProxy
    service: TripwireProxy


@pytest.fixture(scope="module")
def stack(start: Callable[..., LocalStack]) -> Iterator[LocalStack]:
    """Give a separate stack that switches automatically."""
    with start(SwitchPolicy="Automatic") as running:
        yield running


@pytest.fixture(scope="module")
def led(stack: LocalStack) -> Iterator[Led]:
    """Lead the tracker through the proxies; nothing invokes it but the test."""
    aws = TripwireProxy(stack.aws.endpoint_url, stack.aws.ca_bundle)
    service = TripwireProxy(stack.prediction_one.base_url)
    functions, name = stack.aws.client("lambda"), stack.outputs["TrackFunctionName"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    led_through = {**variables, "AWS_ENDPOINT_URL": aws.url, "PREDICTION_ONE_API_URL": service.url}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": led_through})
    with aws, service, schedule_paused(stack):
        yield Led(stack, aws, service)


@pytest.mark.parametrize("name", CRASHES)
def test_killed_run_is_completed_by_a_later_one(led: Led, name: str) -> None:
    """Whatever the moment: one file of results, one live model, and nothing uploaded again."""
    stack, (call, nth, moment) = led.stack, CRASHES[name]
    stack.add_model(name)
    job = begin(stack, name)
    proxy, text = (led.service, job["retrain_job_id"]) if call in OF_THE_SERVICE else (led.aws, name)
    proxy.set(Tripwire(text, call, nth, moment))
    finish(stack, job)

    answers = [invoke(stack, "Track")]
    sprung = len(proxy.sprung)
    for _ in range(2):
        make_due(stack, job)
        answers.append(invoke(stack, "Track"))

    assert (sprung, proxy.sprung[-1].name) == (len(proxy.sprung), text)
    assert "errorMessage" in answers[0]
    assert stored(stack, job) == [f"{name}/{job['retrain_job_id']}/results.zip"]
    ended = item(stack, job)
    assert (ended["status"], "open_job" in ended) == ("SWITCHED", False)
    assert in_service(stack, name) == [job["retrain_job_id"]] == [stack.prediction_one.jobs_in_service[name]]
    assert len(stack.prediction_one.find_uploads(model=name)) == 1
    downloads = [one for one in stack.prediction_one.find_requests("download") if one.model == name]
    assert len(downloads) == (2 if name in ("mid-download", "before-storing", "after-storing", "before-mark") else 1)

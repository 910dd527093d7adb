"""Every status change is announced to all listeners and none is lost, whatever dies between the write and the event."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local.environments import environment_with
from local.processes import wait_for
from local.stack import SECRET_KEY, LocalStack
from tests.e2e.conftest import CSV, SIGNATURES_OF_UPLOAD_URLS, repeat_event
from tests.e2e.policies import without_action
from tests.e2e.tripwires import Moment, Tripwire, TripwireProxy
from tests.listener import Listener

WaitForJob = Callable[..., dict[str, Any]]

TRAINED = [(None, "UPLOADING"), ("UPLOADING", "TRAINING")]
REFUSED = [(None, "UPLOADING"), ("UPLOADING", "REJECTED")]


@pytest.fixture(autouse=True)
def no_secret_told(stack: LocalStack, listener: Listener) -> Iterator[None]:
    """Search, after every test, for keys and upload URLs in all that was told."""
    yield
    told = str(listener.events) + str(listener.notifications)
    assert [text for text in (*stack.api_keys, SECRET_KEY, *SIGNATURES_OF_UPLOAD_URLS) if text in told] == []


def test_good_file_is_told_step_by_step(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, listener: Listener
) -> None:
    """From landing to training, with the item's own attributes; nobody gets an e-mail about it."""
    stack.add_model(model)

    uri = stack.land(f"{model}/2026/ペンギン 1+1.csv", CSV)
    job = wait_for_job(uri, "TRAINING")

    wait_for("both steps", lambda: listener.steps_of(uri) == TRAINED)
    last = next(event for event in listener.events if event["detail"]["status"] == "TRAINING")
    shown = {name: value for name, value in job.items() if name not in ("open_job", "next_check_at")}
    assert last["detail"] == {**shown, "previous_status": "UPLOADING"}
    assert listener.notifications_of(uri) == []


def test_bad_file_is_told_to_people(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, listener: Listener
) -> None:
    """A refused file is two events and one notification, with the reason from the item."""
    uri = stack.land(f"{model}/ペンギン.xlsx", b"refused")
    job = wait_for_job(uri, "REJECTED")

    (notification,) = wait_for("the notification", lambda: listener.notifications_of(uri))
    assert notification["Subject"] == f"Prediction One retrain: file refused: {model}"
    assert f"{job['error_message']} (UNSUPPORTED_TYPE)" in notification["Message"]
    assert listener.steps_of(uri) == REFUSED


def test_failure_and_its_cure_are_told(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, listener: Listener
) -> None:
    """A passing failure is an event with its reason; so is that it has passed."""
    uri = stack.land(f"{model}/data.csv", CSV)
    job = wait_for_job(uri, "RETRYING")
    stack.add_model(model)
    repeat_event(stack, job, CSV)
    wait_for_job(uri, "TRAINING")

    cured = [("UPLOADING", "RETRYING"), ("RETRYING", "UPLOADING"), ("UPLOADING", "TRAINING")]
    wait_for("the last step", lambda: listener.steps_of(uri)[-3:] == cured)
    retrying = next(event["detail"] for event in listener.events if event["detail"]["status"] == "RETRYING")
    assert retrying["error_code"] == "API_KEY_UNAVAILABLE"


def test_nothing_is_lost_while_the_mapping_is_off(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, listener: Listener
) -> None:
    """What was written in between is announced when the function gets the stream again."""
    with mapping_with(stack, Enabled=False):
        uri = stack.land(f"{model}/data.xlsx", b"refused")
        wait_for_job(uri, "REJECTED")
        assert listener.steps_of(uri) == []

    wait_for("both steps", lambda: listener.steps_of(uri) == REFUSED)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_function_loses_no_event(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, listener: Listener, moment: Moment
) -> None:
    """SIGKILL as it sends the event: killed before EventBridge has it, it is sent later; after, perhaps twice."""
    with (
        TripwireProxy(stack.aws.endpoint_url, stack.aws.ca_bundle) as proxy,
        environment_with(stack, "announce", AWS_ENDPOINT_URL=proxy.url),
    ):
        proxy.set(Tripwire(model, "PutEvents", 2, moment))
        uri = stack.land(f"{model}/data.xlsx", b"refused")
        wait_for_job(uri, "REJECTED")

        wait_for("the crash and the notification", lambda: proxy.sprung and listener.notifications_of(uri))

    steps = listener.steps_of(uri)
    assert steps == (REFUSED if moment == "before" else [*REFUSED, REFUSED[-1]])


def test_notification_that_sns_refuses_is_kept(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, listener: Listener
) -> None:
    """Every event is sent, once; the notification is in the dead-letter queue for a person to read."""
    with without_action(stack, "announce", "sns:Publish"):
        uri = stack.land(f"{model}/data.xlsx", b"refused")
        job = wait_for_job(uri, "REJECTED")
        letter = wait_for("the dead letter", lambda: dead_letter_with(stack, uri))

    assert (letter["object_uri"], letter["object_version"]) == (uri, job["object_version"])
    assert letter["subject"] == f"Prediction One retrain: file refused: {model}"
    assert job["error_message"] in letter["body"]
    assert (listener.steps_of(uri), listener.notifications_of(uri)) == (REFUSED, [])


def test_change_given_up_is_not_given_up_in_silence(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, listener: Listener
) -> None:
    """A record that is still refused at its greatest age (23 hours, here a second) is told to the dead-letter queue."""
    with without_action(stack, "announce", "events:PutEvents"), mapping_with(stack, MaximumRecordAgeInSeconds=1):
        wait_for_job(stack.land(f"{model}/data.xlsx", b"refused"), "REJECTED")
        letter = wait_for("the dead letter", lambda: dead_letter_with(stack, "MaxRecordAgeExceeded"))

    table = stack.aws.dynamodb().Table(stack.outputs["JobsTableName"])
    assert letter["DDBStreamBatchInfo"]["streamArn"] == table.latest_stream_arn
    wait_for_job(later := stack.land(f"{model}/later.xlsx", b"refused"), "REJECTED")
    wait_for("what came later", lambda: listener.steps_of(later) == REFUSED)


def dead_letter_with(stack: LocalStack, text: str) -> dict[str, Any] | None:
    """Return a dead letter with this text; those of other tests may lie there, too."""
    url = stack.outputs["AnnounceDeadLetterQueueUrl"]
    received = stack.aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=1)
    return next((json.loads(each["Body"]) for each in received.get("Messages", []) if text in each["Body"]), None)


@contextmanager
def mapping_with(stack: LocalStack, **changes: Any) -> Iterator[None]:
    """Change the mapping between the stream and the function for a while."""
    functions, name = stack.aws.client("lambda"), stack.outputs["AnnounceFunctionName"]
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    whole = {"Enabled": True, "MaximumRecordAgeInSeconds": mapping["MaximumRecordAgeInSeconds"]}
    functions.update_event_source_mapping(UUID=mapping["UUID"], **changes)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], **whole)

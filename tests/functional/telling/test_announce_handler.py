"""Changes in the jobs table's stream arrive at those who listen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.processes import wait_for
from retrain.errors import FileRejectedError, ServiceUnavailableError
from retrain.landing.landed_object import LandedObject
from retrain.ledger.attempts import Claim, JobLedger
from retrain.ledger.status import Status
from tests.conftest import landed_as
from tests.functional.telling.conftest import SWITCH_FUNCTION_NAME, AnnounceFunction
from tests.listener import Listener
from tests.streams import sample_event, sample_job, stream_event

pytestmark = pytest.mark.usefixtures("no_secret_in_output")


@pytest.fixture
def landed(model: str) -> LandedObject:
    """Give an object with an awkward name."""
    return landed_as(f"{model}/2026/ペンギン 1+1 🐧.csv")


@pytest.fixture
def claim(announce_function: AnnounceFunction, landed: LandedObject) -> Callable[[], Claim]:
    """Give a function that claims the object in the real table."""

    def claim_it() -> Claim:
        claimed = JobLedger(announce_function.table).claim(landed, "a-request-id", 0)
        assert claimed
        return claimed

    return claim_it


def records_about(announce_function: AnnounceFunction, landed: LandedObject) -> list[dict[str, Any]]:
    """Return the real stream's records about one object."""
    return [
        record for record in announce_function.records() if record["dynamodb"]["Keys"]["object_uri"]["S"] == landed.uri
    ]


def test_every_step_of_a_job_is_an_event(
    announce_function: AnnounceFunction, landed: LandedObject, claim: Callable[[], Claim], listener: Listener
) -> None:
    """What the ledger writes to a real table is told step by step; what changes no status is not."""
    ledger = JobLedger(announce_function.table)
    ledger.mark_retrying(claim(), ServiceUnavailableError("503."))
    claimed = claim()
    ledger.record_job_id(claimed, "job-1")
    ledger.mark_training(claimed, "job-1")
    records = records_about(announce_function, landed)

    assert announce_function.handle({"Records": records}) == []

    assert len(records) == 5
    steps = [(None, "UPLOADING"), ("UPLOADING", "RETRYING"), ("RETRYING", "UPLOADING"), ("UPLOADING", "TRAINING")]
    wait_for("the last event", lambda: len(listener.steps_of(landed.uri)) == len(steps))
    assert listener.steps_of(landed.uri) == steps
    assert listener.notifications == []


def test_event_is_as_in_the_contract(
    announce_function: AnnounceFunction, landed: LandedObject, claim: Callable[[], Claim], listener: Listener
) -> None:
    """Source, detail-type and time; the detail is the item without internal attributes, and the status before."""
    JobLedger(announce_function.table).mark_training(claim(), "job-1")

    announce_function.handle({"Records": records_about(announce_function, landed)})

    event = wait_for("both events", lambda: listener.events[1:])[0]
    assert (event["source"], event["detail-type"]) == ("prediction-one-retrain", "Retrain Job Status Changed")
    key = {"object_uri": landed.uri, "object_version": landed.version}
    item = announce_function.table.get_item(Key=key)["Item"]
    internal = {"open_job", "next_check_at"}
    assert internal < set(item)
    shown = {name: value for name, value in item.items() if name not in internal}
    assert event["detail"] == {**shown, "previous_status": "UPLOADING"}
    (entry,) = announce_function.calls[-1][1]["Entries"]
    assert timedelta() <= datetime.now(UTC) - entry["Time"] < timedelta(minutes=1)


def test_refused_file_is_an_event_and_a_notification(
    announce_function: AnnounceFunction, landed: LandedObject, claim: Callable[[], Claim], listener: Listener
) -> None:
    """People get the reason from the item, with the file's own name."""
    JobLedger(announce_function.table).close(claim(), Status.REJECTED, FileRejectedError("EMPTY_FILE", "It is empty."))

    announce_function.handle({"Records": records_about(announce_function, landed)})

    (notification,) = wait_for("the notification", lambda: listener.notifications)
    assert notification["Subject"] == f"Prediction One retrain: file refused: {landed.model}"
    for part in ("It is empty. (EMPTY_FILE)", f"File: {landed.uri}\n", f"Model: {landed.model}\n"):
        assert part in notification["Message"]
    assert listener.steps_of(landed.uri) == [(None, "UPLOADING"), ("UPLOADING", "REJECTED")]


def test_file_given_up_is_an_event_and_a_notification(
    announce_function: AnnounceFunction, landed: LandedObject, claim: Callable[[], Claim], listener: Listener
) -> None:
    """Both give the reason; after the redrive, it is processed like any other."""
    JobLedger(announce_function.table).mark_retrying(claim(), ServiceUnavailableError("It said 503."), is_last=True)
    claim()

    announce_function.handle({"Records": records_about(announce_function, landed)})

    (notification,) = wait_for("the notification", lambda: listener.notifications)
    assert notification["Subject"] == f"Prediction One retrain: given up: {landed.model}"
    for part in ("after 1 attempts", "It said 503. (SERVICE_UNAVAILABLE)", f"File: {landed.uri}\n"):
        assert part in notification["Message"]
    wait_for("the redrive", lambda: len(listener.events) == 3)
    assert listener.steps_of(landed.uri)[1:] == [("UPLOADING", "RETRYING"), ("RETRYING", "UPLOADING")]
    assert ["given_up_at" in event["detail"] for event in listener.events] == [False, True, False]


def test_news_without_another_status_are_events(announce_function: AnnounceFunction, listener: Listener) -> None:
    """A switch that failed is told to people, too; one to an earlier job, or behind a newer one, to programs only."""
    finished, switched = sample_job(), sample_job(status="SWITCHED", switched_at="2026-11-23T02:00:00.000Z")
    refused, behind = sample_job(error_code="DELETED_AT_SERVICE"), sample_job(error_code="NEWER_IN_SERVICE")
    back = {**switched, "switched_at": "2026-11-24T02:00:00.000Z"}

    announce_function.handle(stream_event((finished, refused), (finished, behind), (switched, back)))

    steps = [("FINISHED", "FINISHED"), ("FINISHED", "FINISHED"), ("SWITCHED", "SWITCHED")]
    wait_for("all events", lambda: listener.steps_of(finished["object_uri"]) == steps)
    (notification,) = wait_for("the notification", lambda: listener.notifications)
    assert notification["Subject"] == "Prediction One retrain: not live: penguins"


def test_sample_event_is_announced_with_the_switch_command(
    announce_function: AnnounceFunction, listener: Listener
) -> None:
    """A finished job: its notification has the command for this stack's switch function."""
    announce_function.handle(sample_event())

    (notification,) = wait_for("the notification", lambda: listener.notifications)
    assert f"--function-name {SWITCH_FUNCTION_NAME} --cli-read-timeout 310 --payload" in notification["Message"]
    assert [event["detail"]["status"] for event in listener.events] == ["FINISHED"]


def test_deleted_item_is_no_event(
    announce_function: AnnounceFunction, landed: LandedObject, claim: Callable[[], Claim], listener: Listener
) -> None:
    """TTL and other deletions tell nobody anything, even if their record gets past the mapping's filter."""
    claim()
    announce_function.table.delete_item(Key={"object_uri": landed.uri, "object_version": landed.version})
    records = records_about(announce_function, landed)

    announce_function.handle({"Records": records})

    assert [record["eventName"] for record in records] == ["INSERT", "REMOVE"]
    wait_for("the event", lambda: listener.events)
    assert listener.steps_of(landed.uri) == [(None, "UPLOADING")]


def test_item_changed_by_hand_does_not_stop_the_others(announce_function: AnnounceFunction, listener: Listener) -> None:
    """Types that JSON does not know are sent as text: a record that could never be sent would block all others."""
    odd = sample_job(status="TRAINING", tags={"a"}, raw=b"\x00")

    failed = announce_function.handle(stream_event((None, odd), (odd, sample_job())))

    assert failed == []
    wait_for("both events", lambda: len(listener.events) == 2)


def test_warm_function_announces_again(announce_function: AnnounceFunction, listener: Listener) -> None:
    """The same record twice, as at-least-once delivery may bring it: two events that are the same."""
    for _ in range(2):
        announce_function.handle(sample_event())

    wait_for("both events", lambda: len(listener.events) == 2)
    first, second = (event["detail"] for event in listener.events)
    assert first == second

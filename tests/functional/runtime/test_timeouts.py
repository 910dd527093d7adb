"""A built function that hangs until its time is over is killed, and the next invocation does what is left to do.

The functions are told the time that the template gives them, and are killed as soon as they hang: the rest passes
unseen. So a lease that lasts as long is ended by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from local.built_functions import BuiltFunctions
from local.ministack import MiniStack
from local.prediction_one import Fault, PredictionOneStandIn
from local.prediction_one.values import Operation
from local.rotation import STEPS, rotation_event, stage
from local.runtime_api import Outcome
from retrain.landing.landed_object import LandedObject
from tests.conftest import eventbridge_event
from tests.functional.runtime.conftest import SilentEndpoint, sample
from tests.functional.tracking.conftest import Tracking
from tests.listener import Listener
from tests.streams import sample_job, stream_event

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_secretsmanager import SecretsManagerClient

pytestmark = pytest.mark.usefixtures("no_secret_in_output")

HangAt = Callable[[Operation], Callable[[], bool]]


@pytest.fixture
def hang_at(prediction_one: PredictionOneStandIn, model: str) -> HangAt:
    """Give a function that has the service not answer the model's next call; it returns what tells that it came."""

    def hang(operation: Operation) -> Callable[[], bool]:
        fault = Fault(operation, "slow", model=model, delay_seconds=60)
        prediction_one.add_fault(fault)
        return lambda: fault not in prediction_one.faults

    return hang


def error_type(outcome: Outcome) -> str | None:
    """Return the type of a function error, None if there is none."""
    return str(outcome.payload["errorType"]) if outcome.failed else None


def end_lease(table: Table, **key: str) -> None:
    """Let the time until a lease's end pass, and until an upload has settled."""
    past = "SET lease_expires_at = :past, upload_ends_by = :past"
    table.update_item(Key=key, UpdateExpression=past, ExpressionAttributeValues={":past": 0})


@pytest.mark.usefixtures("api_key")
def test_upload_is_taken_over_when_its_lease_has_ended(
    functions: BuiltFunctions,
    landed: LandedObject,
    tracking: Tracking,
    queued: Callable[[dict[str, Any]], dict[str, Any]],
    hang_at: HangAt,
) -> None:
    """Killed before the answer to its last byte: the item stays UPLOADING, and the file is not sent again."""
    upload, event = functions["upload"], queued(eventbridge_event(landed))
    key = {"object_uri": landed.uri, "object_version": landed.version}

    killed = upload.invoke(event, killed_after_seconds=0, hangs=hang_at("put"))
    left = tracking.item(key)
    refused = upload.invoke(event)
    end_lease(tracking.jobs, **key)
    taken_over = upload.invoke(event)

    item, (sent,) = tracking.item(key), tracking.prediction_one.find_uploads(model=landed.model)
    assert error_type(killed) == "Sandbox.Timedout"
    assert (left["status"], left["attempts"], left["lease_owner"]) == ("UPLOADING", 1, killed.request_id)
    assert refused.payload == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
    assert taken_over.payload == {"batchItemFailures": []}
    assert (item["status"], item["attempts"], item["retrain_job_id"]) == ("TRAINING", 2, sent.retrain_job_id)


def test_track_leaves_the_job_to_a_later_run(
    functions: BuiltFunctions, tracking: Tracking, model: str, api_key: str, hang_at: HangAt
) -> None:
    """The dead run holds the job until it must have ended; then it is due again, and its results are stored."""
    track, job = functions["track"], tracking.begin(model, key=api_key)
    tracking.finish(job)

    killed = track.invoke(sample("track_schedule"), killed_after_seconds=0, hangs=hang_at("download"))
    left = tracking.item(job)
    refused = track.invoke(sample("track_schedule"))
    tracking.make_due(job)
    later = track.invoke(sample("track_schedule"))

    assert error_type(killed) == "Sandbox.Timedout"
    assert (left["status"], tracking.due_in_seconds(left) > 0) == ("TRAINING", True)
    assert (refused.failed, "JobsFinished" in refused.payload) == (False, False)
    assert (later.failed, later.payload["JobsFinished"]) == (False, 1)
    assert tracking.item(job)["status"] == "FINISHED"


def test_switch_can_be_repeated_when_its_lease_has_ended(
    functions: BuiltFunctions, tracking: Tracking, model: str, api_key: str, hang_at: HangAt
) -> None:
    """Until then a person who tries again is told that another switch may still be running."""
    switch, job = functions["switch"], tracking.begin(model, key=api_key)
    tracking.change(job, status="FINISHED")
    tracking.finish(job)
    event = {"retrain_job_id": job.retrain_job_id}

    killed = switch.invoke(event, killed_after_seconds=0, hangs=hang_at("switch"))
    left = tracking.model_item(model)
    refused = switch.invoke(event)
    end_lease(tracking.models, model=model)
    repeated = switch.invoke(event)

    assert error_type(killed) == "Sandbox.Timedout"
    assert left["lease_owner"] == f"{killed.request_id}/{job.retrain_job_id}"
    assert error_type(refused) == "LeaseHeldError"
    assert (repeated.failed, repeated.payload["status"]) == (False, "SWITCHED")


def test_announce_tells_again(
    functions: BuiltFunctions, listener: Listener, silent_endpoint: SilentEndpoint, model: str
) -> None:
    """Lambda hands the record in again: the event comes twice, the notification for the first time."""
    job = sample_job(object_uri=f"s3://landing/{model}/a.csv")
    event = stream_event(({**job, "status": "TRAINING"}, job))
    cut_off = functions.another("announce", AWS_ENDPOINT_URL_SNS=silent_endpoint.url)

    killed = cut_off.invoke(event, killed_after_seconds=0, hangs=silent_endpoint.is_called)
    again = functions["announce"].invoke(event)

    assert error_type(killed) == "Sandbox.Timedout"
    assert again.payload == {"batchItemFailures": []}
    assert listener.steps_of(job["object_uri"]) == [("TRAINING", "FINISHED")] * 2
    assert len(listener.notifications_of(job["object_uri"])) == 1


def test_rotation_begins_again(
    functions: BuiltFunctions, aws: MiniStack, secrets: SecretsManagerClient, rotating: str, hang_at: HangAt
) -> None:
    """The current version stays, and Secrets Manager's next attempt succeeds with the same pending one."""
    rotate, token = functions["rotate"], stage(aws, rotating)
    creation = rotation_event(aws, rotating, token, "createSecret")

    killed = rotate.invoke(creation, killed_after_seconds=0, hangs=hang_at("api_key"))
    current_meanwhile = secrets.get_secret_value(SecretId=rotating)["VersionId"]
    again = [rotate.invoke(rotation_event(aws, rotating, token, step)) for step in STEPS]

    assert error_type(killed) == "Sandbox.Timedout"
    assert current_meanwhile != token
    assert [error_type(outcome) for outcome in again] == [None] * 4
    assert secrets.get_secret_value(SecretId=rotating)["VersionId"] == token


def test_watch_warns_again(
    functions: BuiltFunctions, listener: Listener, ending_key: str, silent_endpoint: SilentEndpoint
) -> None:
    """Lambda repeats the run: the warning's event comes twice, the e-mail for the first time."""
    cut_off = functions.another("watch", AWS_ENDPOINT_URL_SNS=silent_endpoint.url)

    killed = cut_off.invoke(sample("watch_schedule"), killed_after_seconds=0, hangs=silent_endpoint.is_called)
    again = functions["watch"].invoke(sample("watch_schedule"))

    events, texts = listener.warnings_of(ending_key)
    assert error_type(killed) == "Sandbox.Timedout"
    assert again.payload == {"models": [ending_key]}
    assert (len(events), len(texts)) == (2, 1)

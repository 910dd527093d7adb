"""Each built function does its work in AWS's runtime client, and tells of it on stdout."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from local.built_functions import BuiltFunctions
from local.ministack import MiniStack
from local.prediction_one import PredictionOneStandIn
from local.rotation import STEPS, rotation_event, stage
from retrain.landing.landed_object import LandedObject
from tests.conftest import eventbridge_event
from tests.functional.conftest import CSV, sha256
from tests.functional.runtime.conftest import RESULTS_BUCKET, sample
from tests.functional.runtime.logged import log_of, metrics_of
from tests.functional.tracking.conftest import Tracking
from tests.listener import Listener
from tests.streams import sample_job, stream_event

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

pytestmark = pytest.mark.usefixtures("no_secret_in_output")


@pytest.mark.usefixtures("api_key")
def test_upload_sends_a_landed_file(
    functions: BuiltFunctions,
    landed: LandedObject,
    tracking: Tracking,
    prediction_one: PredictionOneStandIn,
    queued: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    """The bytes that landed are at the service, and the item says so."""
    upload = functions["upload"]

    outcome = upload.invoke(queued(eventbridge_event(landed)))

    item = tracking.item({"object_uri": landed.uri, "object_version": landed.version})
    (sent,) = prediction_one.find_uploads(model=landed.model)
    assert (outcome.failed, outcome.payload) == (False, {"batchItemFailures": []})
    assert (item["status"], item["retrain_job_id"], sent.sha256) == ("TRAINING", sent.retrain_job_id, sha256(CSV))
    messages = [line["message"] for line in log_of(upload, outcome)]
    assert "The file arrived; Prediction One retrains the model" in messages
    assert {"EventsReceived", "FilesUploaded", "BytesUploaded", "UploadSeconds"} <= metrics_of(upload)


def test_track_stores_the_results(functions: BuiltFunctions, tracking: Tracking, model: str, api_key: str) -> None:
    """The job that the service reports as finished is FINISHED, with its file in the bucket."""
    track = functions["track"]
    job = tracking.begin(model, key=api_key)
    tracking.finish(job)

    outcome = track.invoke(sample("track_schedule"))

    stored = tracking.s3.list_objects_v2(Bucket=RESULTS_BUCKET, Prefix=f"{model}/{job.retrain_job_id}/")
    assert (outcome.failed, outcome.payload["JobsFinished"]) == (False, 1)
    assert (tracking.item(job)["status"], stored["KeyCount"]) == ("FINISHED", 1)
    assert "Run complete" in [line["message"] for line in log_of(track, outcome)]
    assert {"JobsDue", "StatusChecks", "JobsFinished"} <= metrics_of(track)


def test_switch_returns_the_item(functions: BuiltFunctions, tracking: Tracking, model: str, api_key: str) -> None:
    """What a person gets to see is JSON, numbers and their own name included."""
    switch = functions["switch"]
    job = tracking.begin(model, key=api_key)
    tracking.change(job, status="FINISHED")
    tracking.finish(job)

    outcome = switch.invoke({**sample("switch_by_hand"), "retrain_job_id": job.retrain_job_id, "by": "花子"})

    assert not outcome.failed
    assert (outcome.payload["status"], outcome.payload["attempts"]) == ("SWITCHED", 1)
    assert outcome.payload["switched_by"] == "switch function (花子)"
    assert tracking.prediction_one.jobs_in_service[model] == job.retrain_job_id
    assert "The retrained model is live" in [line["message"] for line in log_of(switch, outcome)]
    assert {"SwitchRequests", "ModelsSwitched"} <= metrics_of(switch)


def test_announce_tells_programs_and_people(functions: BuiltFunctions, listener: Listener, model: str) -> None:
    """One record of the stream becomes one event and one notification."""
    announce = functions["announce"]
    job = sample_job(object_uri=f"s3://landing/{model}/ペンギン.csv")

    outcome = announce.invoke(stream_event(({**job, "status": "TRAINING"}, job)))

    assert (outcome.failed, outcome.payload) == (False, {"batchItemFailures": []})
    assert listener.steps_of(job["object_uri"]) == [("TRAINING", "FINISHED")]
    assert len(listener.notifications_of(job["object_uri"])) == 1
    assert {"EventsReceived", "StatusChangesAnnounced"} <= metrics_of(announce)


def test_rotate_renews_a_key_in_four_steps(
    functions: BuiltFunctions, aws: MiniStack, secrets: SecretsManagerClient, rotating: str, api_key: str
) -> None:
    """Secrets Manager gets null from each step, and the new key is the current one."""
    rotate = functions["rotate"]
    token = stage(aws, rotating)

    outcomes = [rotate.invoke(rotation_event(aws, rotating, token, step)) for step in STEPS]

    current = secrets.get_secret_value(SecretId=rotating)
    assert [(outcome.failed, outcome.payload) for outcome in outcomes] == [(False, None)] * 4
    assert current["VersionId"] == token
    assert json.loads(current["SecretString"])["api_key"] != api_key
    assert "The new API key is now the current one" in [line["message"] for line in log_of(rotate, outcomes[-1])]
    assert {"RotationSteps", "ApiKeysIssued", "ApiKeysRotated"} <= metrics_of(rotate)


def test_watch_warns_of_a_key_that_ends_soon(functions: BuiltFunctions, listener: Listener, ending_key: str) -> None:
    """It returns the model, and tells programs and people."""
    watch = functions["watch"]

    outcome = watch.invoke(sample("watch_schedule"))

    events, texts = listener.warnings_of(ending_key)
    assert (outcome.failed, outcome.payload) == (False, {"models": [ending_key]})
    assert (len(events), len(texts)) == (1, 1)
    assert f"The API key of {ending_key} ends in 3 days" in [line["message"] for line in log_of(watch, outcome)]
    assert {"WatchRuns", "ApiKeyDaysLeft"} <= metrics_of(watch)


def test_page_shows_a_model(functions: BuiltFunctions, tracking: Tracking, model: str, api_key: str) -> None:
    """Its templates are in the build, and what escapes a value has a Python twin where its binary does not fit."""
    page = functions["page"]
    job = tracking.begin(model, key=api_key)

    outcome = page.invoke({**sample("page_widget"), "view": "model", "model": model})

    assert not outcome.failed
    assert f"<bdi>{job.object_uri.rpartition('/')[2]}</bdi>" in outcome.payload
    assert "In training" in outcome.payload
